import { useQuery } from '@tanstack/react-query'
import { Link, Navigate } from '@tanstack/react-router'
import { ArrowRight, PartyPopper, Radio } from 'lucide-react'
import { useState } from 'react'

import { infoQuery, sessionsQuery } from '../../api/queries.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { buttonClasses } from '../../ui/button.tsx'
import { Card, Fault, Loading } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { CodeTabs } from '../playground/code-dialog.tsx'

/** Often enough to be there when it happens. */
const EVERY_MS = 1_200
const QUESTION = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'

/** The first page that a newcomer sees: how to send a request, and the moment it arrives. Later the approvals are the first. */
export function FirstRunPage() {
  const info = useQuery({ ...infoQuery, refetchInterval: EVERY_MS, staleTime: 0 })
  const sessions = useQuery({ ...sessionsQuery({}), refetchInterval: EVERY_MS, staleTime: 0 })
  // Whether there was nothing when the page was opened: what comes afterwards is worth a word.
  const [isFirst, setFirst] = useState<boolean>()
  if (info.error && !info.data) return <Fault error={info.error} again={() => void info.refetch()} />
  if (sessions.error && !sessions.data) return <Fault error={sessions.error} again={() => void sessions.refetch()} />
  const seen = info.data?.requests_seen
  // Who is not signed in yet is not told how many there were.
  if (!info.data || seen === null || seen === undefined || !sessions.data) return <Loading what="Looking around" />
  const isQuiet = sessions.data.data.length === 0 && seen === 0
  if (isFirst === undefined) setFirst(isQuiet)
  if (isFirst === false) return <Navigate to="/approvals" search={{}} replace />
  const [session] = sessions.data.data
  return (
    <div className="mx-auto grid max-w-3xl grid-cols-[minmax(0,1fr)] gap-6 py-4 md:py-10">
      <header>
        <h1 className="text-[1.7rem] leading-tight font-semibold tracking-tight">Send the first request</h1>
        <p className="mt-2 max-w-prose text-muted">
          Signalbox speaks OpenAI’s protocol: any client that can be given a base URL works. Simple questions go straight to your model; this one becomes a plan
          that you can watch.
        </p>
      </header>
      <CodeTabs request={{ baseUrl: info.data.base_url, model: 'signalbox-auto', messages: [{ role: 'user', content: QUESTION }], stream: true }} />
      <p className="-mt-3 text-[0.85rem] text-muted">
        <code>SIGNALBOX_API_KEY</code> was printed where the gateway was started; it begins with <code>sbx_</code>. A key that was given by configuration is in{' '}
        <code>SIGNALBOX_API_KEYS</code>.
      </p>
      <Card label="Waiting for the first request" className="px-5 py-5">
        {isQuiet ? (
          <div className="flex items-center gap-4">
            <span className="relative grid size-10 place-items-center rounded-full bg-accent-soft text-accent-text">
              <span aria-hidden className="absolute inset-0 rounded-full bg-accent/25 motion-safe:animate-ping" />
              <Radio aria-hidden size={19} />
            </span>
            <div>
              <p role="status" className="font-medium">
                Waiting for your first request
              </p>
              <p className="text-sm text-muted">
                Or{' '}
                <Link to="/playground" className="font-medium text-accent-text underline underline-offset-2">
                  ask in the playground
                </Link>
                .
              </p>
            </div>
          </div>
        ) : (
          <div className="flex flex-wrap items-center gap-4">
            <span className="grid size-10 place-items-center rounded-full bg-good-soft text-good">
              <PartyPopper aria-hidden size={19} />
            </span>
            <div className="min-w-0 flex-1 basis-60">
              <p role="status" className="font-medium">
                It arrived.
              </p>
              {session ? (
                <p className="mt-0.5 flex flex-wrap items-center gap-2 text-sm text-muted">
                  <StateBadge state={session.status} />
                  <span className="line-clamp-1 min-w-0 flex-1 basis-40">
                    <SafeText text={session.goal} max={160} />
                  </span>
                </p>
              ) : (
                <p className="text-sm text-muted">It went straight to the model. Ask something hard, and it becomes a session.</p>
              )}
            </div>
            {session ? (
              <Link to="/sessions/$id" params={{ id: session.id }} search={{}} className={buttonClasses('primary')}>
                Watch it work <ArrowRight aria-hidden size={15} />
              </Link>
            ) : (
              <Link to="/playground" className={buttonClasses('plain')}>
                To the playground
              </Link>
            )}
          </div>
        )}
      </Card>
    </div>
  )
}
