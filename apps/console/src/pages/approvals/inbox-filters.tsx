import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

import { agentsQuery } from '../../api/queries.ts'
import { SearchField, Select } from '../../ui/field.tsx'
import { useKeys } from '../../ui/keys.ts'
import type { InboxSearch } from './inbox.ts'

const PAUSE_MS = 250

/** What is looked for. It stands in the URL, and the server looks. */
export function InboxFilters({ search, isHistory, onChange }: { search: InboxSearch; isHistory: boolean; onChange: (changed: InboxSearch) => void }) {
  const field = useRef<HTMLInputElement>(null)
  const [words, setWords] = useState(search.q ?? '')
  const { data: agents } = useQuery({ ...agentsQuery, refetchInterval: false, staleTime: 60_000 })
  const names = [
    ...new Set([...(agents ?? []).flatMap(({ id }) => (id === null ? [] : [id])), ...(search.agent === undefined ? [] : [search.agent])]),
  ].toSorted()
  useKeys({ '/': () => field.current?.focus() })

  // The URL changes by other ways too: by going back, or by a link.
  useEffect(() => setWords(search.q ?? ''), [search.q])
  useEffect(() => {
    if (words.trim() === (search.q ?? '')) return undefined
    const timer = setTimeout(() => onChange({ q: words.trim() }), PAUSE_MS)
    return () => clearTimeout(timer)
  })

  return (
    <search className="grid grid-cols-2 gap-2 @xl:flex">
      <SearchField
        ref={field}
        label="Search approvals"
        value={words}
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && (words === '' ? field.current?.blur() : setWords(''))}
        className="col-span-2 min-w-48 flex-1"
      />
      {isHistory && (
        <Select label="Outcome" hidden value={search.status ?? 'history'} onChange={({ target }) => onChange({ status: target.value })}>
          <option value="history">Any outcome</option>
          <option value="approved">Approved</option>
          <option value="rejected">Rejected</option>
          <option value="expired">Expired</option>
          <option value="superseded">Set aside</option>
        </Select>
      )}
      <Select label="Risk" hidden value={search.risk ?? ''} onChange={({ target }) => onChange({ risk: target.value })}>
        <option value="">Any risk</option>
        <option value="low">Low</option>
        <option value="medium">Medium</option>
        <option value="high">High</option>
        <option value="critical">Critical</option>
      </Select>
      <Select label="Agent" hidden value={search.agent ?? ''} onChange={({ target }) => onChange({ agent: target.value })}>
        <option value="">Any agent</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      {search.session_id !== undefined && (
        <button
          type="button"
          onClick={() => onChange({ session_id: '' })}
          className="inline-flex min-h-9 items-center gap-1.5 rounded-lg bg-accent-soft px-3 font-mono text-xs text-accent-text"
        >
          {search.session_id.slice(0, 14)}… <X aria-hidden size={14} />
          <span className="sr-only">Show those of all sessions</span>
        </button>
      )}
    </search>
  )
}
