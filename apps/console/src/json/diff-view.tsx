import { Minus, PenLine, Plus } from 'lucide-react'
import type { ReactNode } from 'react'

import { classes } from '../ui/classes.ts'
import { SafeText } from '../ui/safe-text.tsx'
import type { Change } from './diff-json.ts'
import { JsonTree, Leaf } from './json-tree.tsx'
import { toPath } from './pointer.ts'

const LOOKS = {
  added: { icon: Plus, word: 'added', tone: 'text-good' },
  removed: { icon: Minus, word: 'removed', tone: 'text-bad' },
  changed: { icon: PenLine, word: 'changed', tone: 'text-warn' },
} as const

/** What an edit changes, place by place. */
export function DiffView({ changes, label }: { changes: readonly Change[]; label: string }) {
  return (
    <ul aria-label={label} className="grid gap-2">
      {changes.map((change, index) => (
        <Place key={index} change={change} />
      ))}
    </ul>
  )
}

function Place({ change }: { change: Change }) {
  const { icon: Icon, word, tone } = LOOKS[change.type]
  return (
    <li className="overflow-hidden rounded-lg border">
      <p className="flex items-center gap-2 border-b bg-sunken px-3 py-1.5 text-xs">
        <span className={classes('inline-flex items-center gap-1 font-semibold', tone)}>
          <Icon aria-hidden size={13} /> {word}
        </span>
        <span className="min-w-0 font-mono break-words">
          <SafeText text={toPath(change.path)} />
        </span>
      </p>
      <div className="font-mono text-[0.82rem] leading-6">
        {change.type !== 'added' && (
          <Side sign="−" word="before" look="bg-bad-soft/60">
            <Any value={change.before} />
          </Side>
        )}
        {change.type !== 'removed' && (
          <Side sign="+" word="after" look="bg-good-soft/60">
            <Any value={change.after} />
          </Side>
        )}
      </div>
    </li>
  )
}

function Side({ sign, word, look, children }: { sign: string; word: string; look: string; children: ReactNode }) {
  return (
    <div className={classes('flex gap-2.5 px-3 py-1', look)}>
      <span aria-hidden className="text-muted select-none">
        {sign}
      </span>
      <span className="sr-only">{word}: </span>
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  )
}

function Any({ value }: { value: unknown }) {
  return typeof value === 'object' && value !== null ? <JsonTree value={value} label="Value" /> : <Leaf value={value} />
}
