import { ChevronRight, Lock } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { classes } from '../ui/classes.ts'
import { SafeText } from '../ui/safe-text.tsx'
import { bytesOf, isRecord, keysOf, toCanonicalText, toSize } from './canonical.ts'
import { isMask } from './masks.ts'
import { toShortText } from './short-text.ts'

/** A text longer than this is cut, and an object of more entries is shut, until it is asked for. */
const LONG_TEXT = 400
const MANY_ENTRIES = 60
/** One no longer than this, a mask among them, is not wrapped to stand beside a long key. */
const SHORT_TEXT = 24
/** What holds so little is open from the beginning, however deep it is. */
const SMALL = 4_000

/**
 * A value as what would run: keys in canonical order, texts in quotes, so that `"true"` is not `true`; nothing
 * in it can hide, and nothing in it is more than text.
 */
export function JsonTree({ value, label }: { value: unknown; label: string }) {
  return (
    <div role="group" aria-label={label} tabIndex={0} className="overflow-x-auto font-mono text-[0.82rem] leading-6">
      <Value value={value} depth={0} />
    </div>
  )
}

function Value({ value, depth }: { value: unknown; depth: number }): ReactNode {
  if (Array.isArray(value)) return <Entries entries={value.map((item, index) => [index, item])} depth={depth} />
  if (isRecord(value)) return <Entries entries={keysOf(value).map((key) => [key, value[key]])} depth={depth} />
  return <Leaf value={value} />
}

function Entries({ entries, depth }: { entries: readonly (readonly [string | number, unknown])[]; depth: number }) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? entries : entries.slice(0, MANY_ENTRIES)
  if (entries.length === 0) return <span className="text-faint">{depth === 0 ? 'no arguments' : 'empty'}</span>
  return (
    <ul className={classes(depth > 0 && 'ml-[0.45rem] border-l pl-3.5')}>
      {shown.map(([key, item]) => (
        <Entry key={key} name={key} value={item} depth={depth + 1} />
      ))}
      {shown.length < entries.length && (
        <li>
          <More onClick={() => setWhole(true)}>Show {entries.length - shown.length} more</More>
        </li>
      )}
    </ul>
  )
}

function Entry({ name, value, depth }: { name: string | number; value: unknown; depth: number }) {
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  const [isOpen, setOpen] = useState(() => !isNested || depth < 2 || toCanonicalText(value).length < SMALL)
  const count = isNested ? Object.keys(value).length : 0
  const kind = Array.isArray(value) ? `${count} ${count === 1 ? 'item' : 'items'}` : `${count} ${count === 1 ? 'entry' : 'entries'}`
  if (!isNested)
    return (
      // A value that finds no room beside its key goes below it.
      <li className="flex flex-wrap items-start gap-x-2.5 pl-5">
        <Name name={name} className="max-w-full sm:max-w-[40%]" />
        <div className={classes('max-w-full', isShort(value) ? 'min-w-0' : 'min-w-[min(100%,14rem)] flex-1')}>
          <Value value={value} depth={depth} />
        </div>
      </li>
    )
  return (
    <li>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="-ml-0.5 flex min-h-6 max-w-full items-start gap-1 rounded pr-1.5 text-left hover:bg-sunken"
      >
        <ChevronRight aria-hidden size={14} className={classes('mt-[0.3rem] shrink-0 text-faint transition-transform duration-100', isOpen && 'rotate-90')} />
        <Name name={name} />
        <span className="ml-1 shrink-0 text-faint">{kind}</span>
      </button>
      {isOpen && <Value value={value} depth={depth} />}
    </li>
  )
}

/** True for what needs no more room than it takes on one line. */
function isShort(value: unknown): boolean {
  return typeof value !== 'string' || value.length <= SHORT_TEXT
}

/** Whoever wrote it says how long it is: it wraps wherever it must. */
function Name({ name, className }: { name: string | number; className?: string }) {
  return (
    <span className={classes('min-w-0 wrap-anywhere', typeof name === 'number' ? 'text-faint' : 'font-medium text-accent-text', className)}>
      {typeof name === 'number' ? name : name === '' ? '""' : <SafeText text={name} />}
    </span>
  )
}

/** A text, a number, true, false or null. */
export function Leaf({ value }: { value: unknown }) {
  if (isMask(value)) return <Masked mask={value} />
  if (typeof value === 'string') return <Text text={value} />
  return <span className={typeof value === 'number' ? 'text-info' : 'text-warn'}>{toCanonicalText(value)}</span>
}

function Masked({ mask }: { mask: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 rounded bg-sunken px-1.5 text-muted" title="A secret: it is kept, and shown to nobody">
      <Lock aria-hidden size={12} /> secret <span className="text-faint">{mask}</span>
    </span>
  )
}

function Text({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false)
  const { shown, isCut } = isWhole ? { shown: text, isCut: false } : toShortText(text, LONG_TEXT)
  return (
    <span className="min-w-0 break-words whitespace-pre-wrap">
      <span aria-hidden className="text-faint select-none">
        “
      </span>
      <Lines text={shown} />
      {isCut ? (
        <>
          <span className="text-faint">…</span> <More onClick={() => setWhole(true)}>Show all {toSize(bytesOf(text))}</More>
        </>
      ) : (
        <span aria-hidden className="text-faint select-none">
          ”
        </span>
      )}
    </span>
  )
}

/** Where a line ends is seen, so that a blank at an end and an empty line are too. */
function Lines({ text }: { text: string }) {
  return text.split('\n').map((line, index) => (
    <span key={index}>
      {index > 0 && (
        <>
          <span aria-hidden className="text-faint/70 select-none">
            ↵
          </span>
          {'\n'}
        </>
      )}
      <SafeText text={line} />
    </span>
  ))
}

function More({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="min-h-6 rounded font-sans text-xs font-medium text-accent-text underline underline-offset-2">
      {children}
    </button>
  )
}
