import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

import type { SessionSearch } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { SearchField } from '../../ui/field.tsx'
import { useKeys } from '../../ui/keys.ts'

/** What people look for, and the states that are meant by it. */
const VIEWS = [
  { word: 'All', status: undefined },
  { word: 'Running', status: 'active,paused' },
  { word: 'Waiting for people', status: 'waiting_approval,waiting_input' },
  { word: 'Completed', status: 'completed' },
  { word: 'Failed', status: 'failed' },
  { word: 'Canceled', status: 'canceled,expired' },
] as const

const TYPING_MS = 250

/** Filters that live in the URL; the server does the finding. */
export function SessionFilters({ search, onChange }: { search: SessionSearch; onChange: (change: SessionSearch) => void }) {
  const field = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => field.current?.focus() })
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2.5">
      <Typed label="Search goals, or paste a session or request id" value={search.q ?? ''} onChange={(q) => onChange({ q })} fieldRef={field} />
      <div role="group" aria-label="Status" className="-mx-3 flex max-w-[100vw] gap-1 overflow-x-auto px-3 sm:mx-0 sm:flex-wrap sm:px-0">
        {VIEWS.map(({ word, status }) => (
          <button
            key={word}
            type="button"
            aria-pressed={search.status === status}
            onClick={() => onChange({ status })}
            className={classes(
              'min-h-8 rounded-full border px-3 text-[0.82rem] font-medium whitespace-nowrap',
              search.status === status
                ? 'border-transparent bg-accent-soft text-accent-text'
                : 'border-line bg-surface text-muted hover:border-line-strong hover:text-ink',
            )}
          >
            {word}
          </button>
        ))}
      </div>
      {search.owner !== undefined && (
        <Button size="small" onClick={() => onChange({ owner: undefined })} aria-label={`Owner ${search.owner}: show everybody’s`}>
          Owner: {search.owner} <X aria-hidden size={13} />
        </Button>
      )}
    </div>
  )
}

/** What is typed is looked for once the typing pauses. */
function Typed({
  label,
  value,
  onChange,
  fieldRef,
}: {
  label: string
  value: string
  onChange: (value: string | undefined) => void
  fieldRef: React.RefObject<HTMLInputElement | null>
}) {
  const [text, setText] = useState(value)
  const tell = useRef(onChange)
  tell.current = onChange
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text === value) return undefined
    const timer = window.setTimeout(() => tell.current(text === '' ? undefined : text), TYPING_MS)
    return () => window.clearTimeout(timer)
  }, [text, value])
  return (
    <SearchField
      ref={fieldRef}
      label={label}
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.currentTarget.value)}
      className="w-full sm:w-80"
    />
  )
}
