import { CircleAlert, CircleCheck, Lock, Minus } from 'lucide-react'
import { useEffect, useId, useRef } from 'react'

import { masksIn } from '../../json/masks.ts'
import type { Edit } from '../../json/read-edit.ts'
import { classes } from '../../ui/classes.ts'

export interface EditArgsProps {
  before: unknown
  text: string
  edit: Edit | undefined
  onText: (text: string) => void
  onLeave: () => void
}

/** The arguments as text, to be changed. Whether it is good is said while it is written. */
export function EditArgs({ before, text, edit, onText, onLeave }: EditArgsProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const id = useId()
  const secrets = [...masksIn(before).keys()]
  useEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(0, 0)
  }, [])
  const isFault = edit?.type === 'fault'
  return (
    <div>
      <label htmlFor={id} className="sr-only">
        Arguments as JSON
      </label>
      <textarea
        id={id}
        ref={field}
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        rows={Math.min(24, Math.max(6, text.split('\n').length + 1))}
        aria-invalid={isFault}
        aria-describedby={`${id}-verdict`}
        onChange={({ target }) => onText(target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          onLeave()
        }}
        className={classes(
          'block w-full resize-y rounded-lg border bg-sunken px-3 py-2.5 font-mono text-[0.82rem] leading-6',
          isFault ? 'border-bad' : 'border-line-strong/60',
        )}
      />
      <p
        id={`${id}-verdict`}
        aria-live="polite"
        className={classes('mt-2 flex items-start gap-1.5 text-sm', isFault ? 'text-bad' : edit?.type === 'changed' ? 'text-good' : 'text-muted')}
      >
        {isFault ? (
          <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
        ) : edit?.type === 'changed' ? (
          <CircleCheck aria-hidden size={16} className="mt-0.5 shrink-0" />
        ) : (
          <Minus aria-hidden size={16} className="mt-0.5 shrink-0" />
        )}
        {isFault
          ? edit.message
          : edit?.type === 'changed'
            ? `${edit.changes.length} ${edit.changes.length === 1 ? 'change' : 'changes'}.`
            : 'Nothing is changed yet.'}
      </p>
      {secrets.length > 0 && (
        <p className="mt-1 flex items-start gap-1.5 text-sm text-muted">
          <Lock aria-hidden size={15} className="mt-0.5 shrink-0" />
          <span>
            {secrets.map((pointer) => (
              <code key={pointer} className="mr-1">
                {pointer || '/'}
              </code>
            ))}
            {secrets.length === 1 ? 'is a secret and stays as it is.' : 'are secrets and stay as they are.'}
          </span>
        </p>
      )}
    </div>
  )
}
