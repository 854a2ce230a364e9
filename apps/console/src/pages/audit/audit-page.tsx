import type { AuditEntry, AuditVerdict } from '@signalbox/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Link2, ShieldCheck, ShieldX } from 'lucide-react'

import { ask } from '../../api/client.ts'
import { auditQuery } from '../../api/queries.ts'
import { useMay } from '../../api/roles.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton, Id } from '../../ui/copy.tsx'
import { SearchField, Select } from '../../ui/field.tsx'
import { Card, Empty, Fault, Loading, PageHead } from '../../ui/page.tsx'
import { Pager } from '../../ui/pager.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { toSearch } from '../../ui/search.ts'
import { Ago } from '../../ui/time.tsx'
import { tellVia } from '../../decisions/tell-decision.ts'
import { NewEntries } from './new-entries.tsx'

const route = getRouteApi('/audit')

const KINDS = [
  ...['requested', 'viewed', 'decided', 'extended', 'escalated', 'expired', 'superseded', 'delivered'].map((what) => `approval.${what}`),
  ...['canceled', 'paused', 'resumed', 'redriven', 'dropped', 'answered'].map((what) => `session.${what}`),
  'channel.tested',
  ...['signed_in', 'refused', 'signed_out', 'added', 'changed', 'removed'].map((what) => `user.${what}`),
]

/** Who did what, when and from where: a chain in which nothing can be changed unseen. */
export function AuditPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/audit' })
  const { data, error, isPending, refetch } = useQuery(auditQuery(search))
  const set = (change: Record<string, string | undefined>): void => void navigate({ search: toSearch({ ...search, cursor: undefined, ...change }) })

  return (
    <>
      <PageHead title="Audit" actions={<Verify />}>
        What was asked, decided and changed, each entry bound to the one before it by its hash.
      </PageHead>
      <Card>
        <div className="flex flex-wrap gap-2 border-b px-3 py-3 sm:px-4">
          <SearchField
            label="An approval, session or person, by its id"
            className="min-w-56 flex-1"
            defaultValue={search.about ?? ''}
            key={search.about ?? ''}
            onKeyDown={(event) => event.key === 'Enter' && set({ about: event.currentTarget.value.trim() || undefined })}
          />
          <Select label="What happened" hidden value={search.kind ?? ''} onChange={(event) => set({ kind: event.target.value || undefined })}>
            <option value="">everything</option>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {toWords(kind)}
              </option>
            ))}
          </Select>
        </div>
        {search.cursor === undefined && <NewEntries onShow={() => void refetch()} />}
        {isPending && <Loading />}
        {error && <Fault error={error} again={() => void refetch()} />}
        {data &&
          (data.data.length === 0 ? <Empty title="Nothing of the kind has happened." /> : <Entries entries={data.data} onAbout={(about) => set({ about })} />)}
        {data && <Pager cursor={search.cursor} next={data.next_cursor} total={data.total} shown={data.data.length} onGo={(cursor) => set({ cursor })} />}
      </Card>
    </>
  )
}

function Entries({ entries, onAbout }: { entries: readonly AuditEntry[]; onAbout: (about: string) => void }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-[46rem] text-left text-sm">
        <thead className="text-xs text-faint">
          <tr className="border-b">
            {['#', 'When', 'Who', 'What', 'About', 'Hash'].map((name) => (
              <th key={name} scope="col" className="px-4 py-2 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.seq} className="border-b align-top last:border-b-0">
              <td className="px-4 py-2.5 tabular-nums text-faint">{entry.seq}</td>
              <td className="px-4 py-2.5 whitespace-nowrap">
                <Ago at={entry.at} />
              </td>
              <td className="px-4 py-2.5">
                <button type="button" className="text-left underline-offset-2 hover:underline" onClick={() => onAbout(entry.by.id)}>
                  <SafeText text={entry.by.name} max={60} />
                  <span className="sr-only">: show what they did</span>
                </button>
                <span className="block text-xs text-faint">
                  {tellVia(entry.by.via)}
                  {entry.by.from !== undefined && <span title="Stands for the address that it came from"> · {entry.by.from.slice(0, 6)}</span>}
                </span>
              </td>
              <td className="px-4 py-2.5">
                {toWords(entry.kind)}
                <Facts facts={entry.facts} />
              </td>
              <td className="px-4 py-2.5">
                <Subject subject={entry.subject} />
              </td>
              <td className="px-4 py-2.5 font-mono text-xs whitespace-nowrap text-faint">
                {entry.hash.slice(0, 10)}
                <CopyButton text={entry.hash} label={`Copy the hash of entry ${entry.seq}`} className="size-6" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Subject({ subject }: { subject: string }) {
  if (subject.startsWith('apr_'))
    return (
      <Link to="/approvals/$id" params={{ id: subject }} className="font-mono text-xs underline underline-offset-2">
        {subject.slice(0, 12)}…
      </Link>
    )
  if (subject.startsWith('ses_'))
    return (
      <Link to="/sessions/$id" params={{ id: subject }} className="font-mono text-xs underline underline-offset-2">
        {subject.slice(0, 12)}…
      </Link>
    )
  return subject.length > 24 ? <Id id={subject} /> : <SafeText text={subject} />
}

function Facts({ facts }: { facts: AuditEntry['facts'] }) {
  const said = Object.entries(facts).filter(([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
  if (said.length === 0) return null
  return (
    <span className="block max-w-md text-xs text-muted">
      {said.map(([name, value], index) => (
        <span key={name}>
          {index > 0 && ' · '}
          {name.replaceAll('_', ' ')}: <SafeText text={shortened(value)} max={120} />
        </span>
      ))}
    </span>
  )
}

/** A hash is known by its beginning. */
function shortened(value: unknown): string {
  return String(value).replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1…')
}

/** `approval.decided` → `approval decided`. */
function toWords(kind: string): string {
  return kind.replace('.', ' ').replaceAll('_', ' ')
}

function Verify() {
  const may = useMay('operator')
  const { mutate, data, error, isPending } = useMutation({ mutationFn: () => ask<AuditVerdict>('GET', '/audit/verify') })
  if (!may) return null
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p role="status" className="max-w-md text-sm">
        {error && <span className="text-bad">{error.message}</span>}
        {data?.ok && (
          <span className="inline-flex items-center gap-1.5 text-good">
            <ShieldCheck aria-hidden size={16} /> All {data.entries} entries fit. Head {data.head.slice(0, 10)}
            <CopyButton text={data.head} label="Copy the head of the chain" className="size-6" />
          </span>
        )}
        {data?.broken && (
          <span className="inline-flex items-center gap-1.5 text-bad">
            <ShieldX aria-hidden size={16} /> Entry {data.broken.seq} does not fit: {data.broken.why}
          </span>
        )}
      </p>
      <Button onClick={() => mutate()} disabled={isPending}>
        <Link2 aria-hidden size={15} /> {isPending ? 'Verifying…' : 'Verify the chain'}
      </Button>
    </div>
  )
}
