import type { DeadLetter, DeadSessionDetail } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { RotateCcw, Trash2, X } from 'lucide-react'
import { useState } from 'react'

import { ask } from '../../api/client.ts'
import { deadLetterQuery, queryClient } from '../../api/queries.ts'
import { useMay } from '../../api/roles.ts'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { notify, notifyFault } from '../../ui/notices.tsx'
import { Card, Fault, Loading, Part } from '../../ui/page.tsx'
import { LongWords } from '../../ui/long-words.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago } from '../../ui/time.tsx'
import { DataView } from '../session/data-view.tsx'
import { RedriveForm } from './redrive-form.tsx'

/** One session that came to nothing: why, all that is known of it, and what can be done. */
export function DeadSessionCard({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error, isPending, refetch } = useQuery(deadLetterQuery(id))
  return (
    <Card label="A dead session" className="overflow-hidden xl:sticky xl:top-4">
      {isPending && <Loading what="Opening the letters" />}
      {error && !data && <Fault error={error} again={() => void refetch()} />}
      {data && <Opened data={data} onClose={onClose} />}
    </Card>
  )
}

function Opened({ data, onClose }: { data: DeadSessionDetail; onClose: () => void }) {
  const mayMend = useMay('operator')
  const [doing, setDoing] = useState<'redrive' | 'drop'>()
  const navigate = useNavigate()
  const { session } = data
  const leave = async (): Promise<void> => {
    await queryClient.invalidateQueries({ queryKey: ['dead-letters'] })
    void queryClient.invalidateQueries({ queryKey: ['sessions'] })
    queryClient.removeQueries({ queryKey: ['dead-letter', data.session_id] })
  }
  const onRedriven = async (): Promise<void> => {
    notify('good', 'It is driven again.')
    await leave()
    await navigate({ to: '/sessions/$id', params: { id: data.session_id }, search: {} })
  }
  const drop = async (): Promise<void> => {
    try {
      await ask('DELETE', `/dead-letters/${encodeURIComponent(data.session_id)}`)
      notify('good', 'Dropped.')
      onClose()
      await leave()
    } catch (error) {
      notifyFault(error)
    } finally {
      setDoing(undefined)
    }
  }
  return (
    <>
      <div className="flex items-start gap-3 border-b px-4 py-3.5 sm:px-5">
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold [overflow-wrap:anywhere]">
            <SafeText text={data.goal} max={400} />
          </h2>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
            <StateBadge state={data.status} />
            <Id id={data.session_id} />
            <Link to="/sessions/$id" params={{ id: data.session_id }} search={{}} className="font-medium text-accent-text hover:underline">
              Open the session
            </Link>
          </p>
        </div>
        <button
          type="button"
          onClick={onClose}
          aria-label="Close"
          className="-mr-1 grid size-7 place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink"
        >
          <X aria-hidden size={16} />
        </button>
      </div>
      {mayMend && doing !== 'redrive' && (
        <div className="flex flex-wrap gap-2 border-b bg-sunken/50 px-4 py-3 sm:px-5">
          <Button look="primary" onClick={() => setDoing('redrive')}>
            <RotateCcw aria-hidden size={15} /> Redrive
          </Button>
          <Button look="danger" onClick={() => setDoing('drop')}>
            <Trash2 aria-hidden size={15} /> Drop
          </Button>
        </div>
      )}
      {doing === 'redrive' && <RedriveForm data={data} onRedriven={() => void onRedriven()} onLeave={() => setDoing(undefined)} />}
      <Part title={data.letters.length === 1 ? 'What went wrong' : 'What went wrong, in order'}>
        <ol className="grid gap-3">
          {data.letters.map((letter) => (
            <Letter key={`${letter.node ?? ''}${letter.at}`} letter={letter} instruction={instructionOf(data, letter.node)} />
          ))}
        </ol>
      </Part>
      <Part title="What was done before">
        <NodesBefore data={data} />
      </Part>
      {Object.keys(session.context).length > 0 && (
        <Part title="Shared values">
          <DataView value={Object.fromEntries(Object.entries(session.context).map(([name, { value }]) => [name, value]))} />
        </Part>
      )}
      <Part title="Conversation">
        <ol className="grid gap-2 text-sm">
          {data.conversation.map(({ role, text }, index) => (
            <li key={index} className="grid gap-0.5 sm:grid-cols-[5rem_minmax(0,1fr)] sm:gap-3">
              <span className="text-faint">{role}</span>
              <div className="min-w-0">
                <LongWords text={text} />
              </div>
            </li>
          ))}
        </ol>
      </Part>
      <Dialog open={doing === 'drop'} onClose={() => setDoing(undefined)} title="Drop these letters?">
        <p className="text-sm">The session stays as it ended, and can still be read. It can be redriven no more.</p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setDoing(undefined)}>Keep them</Button>
          <Button look="danger" onClick={() => void drop()}>
            Drop
          </Button>
        </div>
      </Dialog>
    </>
  )
}

function instructionOf(data: DeadSessionDetail, node: string | null): string | undefined {
  return data.session.plan?.nodes.find(({ id }) => id === node?.split('.')[0])?.instruction
}

function Letter({ letter: { node, agent, error, attempts, at }, instruction }: { letter: DeadLetter; instruction: string | undefined }) {
  return (
    <li className="rounded-lg border border-bad/30 bg-bad-soft/50 px-3.5 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-semibold [overflow-wrap:anywhere]">{node === null ? 'The session' : <SafeText text={node} max={60} />}</span>
        {agent !== null && (
          <span className="text-muted">
            <SafeText text={agent} max={60} />
          </span>
        )}
        <Badge tone="bad">{error.code}</Badge>
        <span className="ml-auto text-[0.82rem] text-muted">
          {attempts > 0 && `${attempts} ${attempts === 1 ? 'try' : 'tries'} · `}
          <Ago at={at} />
        </span>
      </p>
      <p className="mt-1.5 text-bad [overflow-wrap:anywhere]">
        <SafeText text={error.message} max={2_000} />
      </p>
      {instruction !== undefined && (
        <p className="mt-2 line-clamp-4 border-t border-bad/20 pt-2 text-muted [overflow-wrap:anywhere] whitespace-pre-line">
          <SafeText text={instruction} max={1_000} />
        </p>
      )}
    </li>
  )
}

function NodesBefore({ data: { session } }: { data: DeadSessionDetail }) {
  const nodes = session.plan?.nodes ?? []
  if (nodes.length === 0) return <p className="text-sm text-muted">There was no plan.</p>
  return (
    <ul className="grid gap-1.5 text-sm">
      {nodes.map(({ id, instruction }) => {
        const state = session.nodes[id]
        return (
          <li key={id} className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <StateBadge state={state?.state ?? 'pending'} />
            <Link to="/sessions/$id" params={{ id: session.id }} search={{ node: id }} className="font-medium hover:underline">
              <SafeText text={id} max={60} />
            </Link>
            <span className="min-w-0 flex-1 basis-40 truncate text-muted">
              <SafeText text={state?.output?.text === undefined || state.output.text === '' ? instruction : state.output.text} max={160} />
            </span>
          </li>
        )
      })}
    </ul>
  )
}
