import { Check, Undo2 } from 'lucide-react'

import { Ring } from '../ui/deadline.tsx'
import { Key } from '../ui/keys-help.tsx'
import { useKeys } from '../ui/keys.ts'
import { notify } from '../ui/notices.tsx'
import { SafeText } from '../ui/safe-text.tsx'
import { useNow } from '../ui/time.tsx'
import { grace, useHeld } from './decide.tsx'
import { GRACE_MS, type Held } from './grace.ts'

/** What was approved a moment ago, and can still be taken back. */
export function UndoBar() {
  const held = useHeld()
  return (
    <div role="status" className="contents">
      {held.map((one) => (
        <Row key={one.id} {...one} isLast={one === held.at(-1)} />
      ))}
    </div>
  )
}

function Row({ id, title, until, state, isLast }: Held & { isLast: boolean }) {
  const now = useNow(100)
  const left = Math.max(0, until - now)
  return (
    <div className="pointer-events-auto flex w-full max-w-md items-center gap-3 rounded-xl border bg-ink py-2 pr-2 pl-3.5 text-sm text-canvas shadow-float motion-safe:animate-rise">
      {state === 'held' ? <Ring fraction={left / GRACE_MS} size={18} /> : <Check aria-hidden size={18} className="shrink-0" />}
      <p className="min-w-0 flex-1 truncate">
        {state === 'held' ? 'Approving' : 'Approved'} <SafeText text={title} max={60} />
      </p>
      {state === 'held' && (
        <span aria-hidden className="shrink-0 tabular-nums opacity-70">
          {Math.ceil(left / 1_000)} s
        </span>
      )}
      {state === 'held' && (
        <button
          type="button"
          onClick={() => undo(id)}
          className="flex min-h-8 shrink-0 items-center gap-1.5 rounded-lg bg-canvas/15 px-3 font-semibold hover:bg-canvas/25 focus-visible:outline-canvas"
        >
          <Undo2 aria-hidden size={15} /> Undo {isLast && <EscapeUndoes />}
        </button>
      )}
    </div>
  )
}

function EscapeUndoes() {
  useKeys({ Escape: () => undo() })
  return (
    <span className="hidden sm:inline [&_kbd]:border-canvas/30 [&_kbd]:bg-transparent [&_kbd]:text-canvas">
      <Key name="Esc" />
    </span>
  )
}

function undo(id?: string): void {
  if (grace.undo(id)) notify('good', 'Taken back: nothing was approved.')
}
