import type { NodeState } from '@signalbox/contracts'
import { ChevronRight } from 'lucide-react'
import { useEffect, useState } from 'react'

import { lookOf } from '../../graph/node-look.tsx'
import type { ChatAnswer } from '../../playground/chat-answer.ts'
import { classes } from '../../ui/classes.ts'
import { SafeText } from '../../ui/safe-text.tsx'

const STATES: ReadonlySet<string> = new Set(['pending', 'running', 'waiting', 'completed', 'failed', 'skipped'])
/** More than that are no overview. */
const SHOWN = 24

/** What the session told before it answered: open while there is nothing else to read, and shut once there is. */
export function Thinking({ answer: { thinking, steps, text }, isWriting }: { answer: ChatAnswer; isWriting: boolean }) {
  const isAnswering = text !== ''
  const [isOpen, setOpen] = useState(isWriting && !isAnswering)
  useEffect(() => setOpen(isWriting && !isAnswering), [isWriting, isAnswering])
  const lines = thinking.trimEnd().split('\n').filter(Boolean)
  const nodes = Object.entries(steps)
  const done = nodes.filter(([, { state }]) => state === 'completed' || state === 'skipped').length
  return (
    <section aria-label="Progress" className="rounded-card border bg-surface">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-10 w-full items-center gap-2 px-3.5 py-2 text-left text-sm"
      >
        <ChevronRight aria-hidden size={15} className={classes('shrink-0 text-faint transition-transform', isOpen && 'rotate-90')} />
        <span className="font-medium">{isWriting && !isAnswering ? 'At work' : 'How it got there'}</span>
        <span className="min-w-0 flex-1 truncate text-muted">{!isOpen && <SafeText text={lines.at(-1) ?? ''} max={160} />}</span>
        {nodes.length > 0 && (
          <span className="shrink-0 text-[0.82rem] text-muted tabular-nums">
            {done} of {nodes.length} nodes
          </span>
        )}
      </button>
      {isOpen && (
        <div className="border-t px-3.5 py-3">
          {nodes.length > 0 && (
            <ul aria-label="Nodes" className="mb-3 flex flex-wrap gap-1.5">
              {nodes.slice(0, SHOWN).map(([id, step]) => (
                <Step key={id} id={id} {...step} />
              ))}
              {nodes.length > SHOWN && <li className="self-center text-[0.82rem] text-muted">and {nodes.length - SHOWN} more</li>}
            </ul>
          )}
          <ol className="grid max-h-72 gap-1 overflow-y-auto text-[0.85rem] text-muted" tabIndex={0} aria-label="What it told">
            {lines.map((line, index) => (
              <li key={index} className="[overflow-wrap:anywhere]">
                <SafeText text={line} max={400} />
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  )
}

function Step({ id, agent, state }: { id: string; agent: string; state: string }) {
  const look = lookOf({ state: STATES.has(state) ? (state as NodeState['state']) : 'pending' })
  const Icon = look.icon
  return (
    <li className={classes('inline-flex max-w-full items-center gap-1.5 rounded-full px-2.5 py-0.5 text-[0.8rem]', look.soft)} title={agent}>
      <Icon aria-hidden size={12} className={classes('shrink-0', look.text, look.spin && 'motion-safe:animate-spin')} />
      <span className="truncate">
        <SafeText text={id} max={40} />
      </span>
      <span className="sr-only">, {look.word}</span>
    </li>
  )
}
