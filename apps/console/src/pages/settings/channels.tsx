import type { Delivery } from '@signalbox/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { CheckCircle2, Clock, Mail, MessageSquare, Send, Webhook, XCircle } from 'lucide-react'

import { ask } from '../../api/client.ts'
import { channelsQuery, deliveriesQuery, queryClient } from '../../api/queries.ts'
import { useMay } from '../../api/roles.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card, Empty, Fault, Loading } from '../../ui/page.tsx'
import { toSearch } from '../../ui/search.ts'
import { Ago } from '../../ui/time.tsx'

const ICONS = { webhook: Webhook, slack: MessageSquare, email: Mail } as const

/** Where people are told of approvals, whether that works, and what was sent. */
export function Channels({ channel }: { channel: string | undefined }) {
  const { data, error, isPending, refetch } = useQuery(channelsQuery)
  const navigate = useNavigate({ from: '/settings' })
  const mayTest = useMay('admin')
  if (isPending) return <Loading />
  if (error) return <Fault error={error} again={() => void refetch()} />
  if (data.length === 0)
    return (
      <Card>
        <Empty title="No channels are set up.">
          Add <code>channels:</code> to <code>approvals.yaml</code> in the data folder (or the file that <code>APPROVALS_FILE</code> names), and start the
          orchestrator again. The guide on notifications has examples for Slack, webhooks and mail.
        </Empty>
      </Card>
    )
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <ul className="grid gap-3 lg:grid-cols-2">
        {data.map((one) => {
          const Icon = ICONS[one.type]
          return (
            <li key={one.id}>
              <Card className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3.5">
                <Icon aria-hidden size={20} className="text-faint" />
                <div className="min-w-40 flex-1">
                  <h2 className="font-medium">{one.id}</h2>
                  <p className="text-sm break-all text-muted">{one.target}</p>
                  <p className="text-xs text-faint">{one.recipient === null ? 'links only show' : `links decide as ${one.recipient}`}</p>
                </div>
                {one.last && <DeliveryState state={one.last.state} />}
                <Button
                  size="small"
                  look="quiet"
                  onClick={() => void navigate({ search: toSearch({ tab: 'channels', channel: channel === one.id ? undefined : one.id }) })}
                >
                  {channel === one.id ? 'All deliveries' : 'Its deliveries'}
                </Button>
                {mayTest && <Test id={one.id} />}
              </Card>
            </li>
          )
        })}
      </ul>
      <Deliveries channel={channel} />
    </div>
  )
}

function Test({ id }: { id: string }) {
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => ask<Delivery>('POST', `/channels/${encodeURIComponent(id)}/test`),
    onSettled: () => Promise.all([queryClient.invalidateQueries({ queryKey: ['channels'] }), queryClient.invalidateQueries({ queryKey: ['deliveries'] })]),
  })
  return (
    <>
      <Button size="small" onClick={() => mutate()} disabled={isPending}>
        <Send aria-hidden size={13} /> {isPending ? 'Sending…' : 'Send a test'}
      </Button>
      <p role="status" className="basis-full text-sm empty:hidden">
        {error && <span className="text-bad">{error.message}</span>}
        {data &&
          (data.state === 'delivered' ? (
            <span className="text-good">The test was taken.</span>
          ) : (
            <span className="text-bad">{data.error ?? 'The test was not taken.'}</span>
          ))}
      </p>
    </>
  )
}

function Deliveries({ channel }: { channel: string | undefined }) {
  const { data, error } = useQuery(deliveriesQuery({ channel }))
  if (error) return <Fault error={error} />
  if (!data) return null
  return (
    <Card label="Deliveries">
      <h2 className="border-b px-4 py-2.5 text-sm font-semibold">Deliveries{channel === undefined ? '' : ` to ${channel}`}</h2>
      {data.data.length === 0 && <Empty title="Nothing was sent yet." />}
      <div className="overflow-x-auto">
        <table className="w-full min-w-[38rem] text-left text-sm">
          <thead className="sr-only">
            <tr>
              {['State', 'What', 'Channel', 'About', 'Tries', 'When'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.data.map((delivery) => (
              <tr key={delivery.id} className="border-b last:border-b-0">
                <td className="px-4 py-2">
                  <DeliveryState state={delivery.state} />
                </td>
                <td className="px-4 py-2">
                  {delivery.event.replace('.', ' ')}
                  {delivery.error && <span className="block text-xs text-bad">{delivery.error}</span>}
                </td>
                <td className="px-4 py-2 text-muted">{delivery.channel}</td>
                <td className="px-4 py-2">
                  {delivery.approval_id && (
                    <Link to="/approvals/$id" params={{ id: delivery.approval_id }} className="font-mono text-xs underline underline-offset-2">
                      {delivery.approval_id.slice(0, 12)}…
                    </Link>
                  )}
                </td>
                <td className="px-4 py-2 text-muted">
                  {delivery.attempts} {delivery.attempts === 1 ? 'try' : 'tries'}
                </td>
                <td className="px-4 py-2 whitespace-nowrap text-muted">
                  <Ago at={delivery.created_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function DeliveryState({ state }: { state: Delivery['state'] }) {
  if (state === 'delivered')
    return (
      <Badge tone="good" icon={CheckCircle2}>
        taken
      </Badge>
    )
  if (state === 'failed')
    return (
      <Badge tone="bad" icon={XCircle}>
        given up
      </Badge>
    )
  return (
    <Badge tone="warn" icon={Clock}>
      waits
    </Badge>
  )
}
