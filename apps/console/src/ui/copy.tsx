import { Check, Copy } from 'lucide-react'
import { useState } from 'react'

import { classes } from './classes.ts'

/** Copies a text, and says so. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const [done, setDone] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text).catch(() => undefined)
    setDone(true)
    window.setTimeout(() => setDone(false), 1_500)
  }
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={done ? 'Copied' : label}
      title={label}
      className={classes('inline-grid size-7 place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink', className)}
    >
      {done ? <Check aria-hidden size={14} /> : <Copy aria-hidden size={14} />}
    </button>
  )
}

/** An id as people handle it: its beginning, and the whole of it at a click. */
export function Id({ id }: { id: string }) {
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-[0.82em]">
      <span title={id}>{id.length > 18 ? `${id.slice(0, 12)}…${id.slice(-4)}` : id}</span>
      <CopyButton text={id} label={`Copy ${id}`} className="size-6" />
    </span>
  )
}
