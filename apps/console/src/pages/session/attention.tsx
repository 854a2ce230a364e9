import type { AskView, SessionView } from '@signalbox/contracts'
import { Link } from '@tanstack/react-router'
import { CircleHelp, OctagonAlert, Pause, ShieldAlert, Timer } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

import type { LiveSession } from '../../live/live-session.ts'
import { RiskBadge } from '../../ui/badge.tsx'
import { buttonClasses } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { SafeText } from '../../ui/safe-text.tsx'
import { Countdown } from '../../ui/time.tsx'
import { QuestionBox } from './question-box.tsx'

/** What the session wants of a person, and what went wrong: above everything else, and nothing where there is nothing. */
export function Attention({ live: { view }, onChanged }: { live: LiveSession; onChanged: () => void }) {
  const asks = Object.values(view.asks).filter(({ state }) => state === 'open')
  const questions = Object.values(view.questions).filter(({ answer }) => answer === null)
  const isOver = view.finished_at !== null
  return (
    <div className="mb-4 grid gap-3 empty:hidden">
      {!isOver && asks.map((ask) => <OpenAsk key={ask.id} ask={ask} />)}
      {!isOver && questions.map((question) => <QuestionBox key={question.id} sessionId={view.id} question={question} onAnswered={onChanged} />)}
      <Faults view={view} />
    </div>
  )
}

function OpenAsk({ ask }: { ask: AskView }) {
  return (
    <Strip tone="warn" icon={ShieldAlert} label={`Approval needed: ${ask.action.title}`}>
      <div className="min-w-0 flex-1 basis-72">
        <p className="font-medium [overflow-wrap:anywhere]">
          <SafeText text={ask.action.title} max={200} />
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-[0.82rem] text-muted">
          <RiskBadge level={ask.risk.level} />
          <span>
            asked by <SafeText text={ask.agent} max={40} /> for <SafeText text={ask.node} max={60} />
          </span>
          <span>
            · {ask.on_timeout === 'reject' ? 'rejected' : 'approved'} by itself in <Countdown until={ask.expires_at} />
          </span>
        </p>
      </div>
      <Link to="/approvals/$id" params={{ id: ask.id }} className={buttonClasses('primary')}>
        Review and decide
      </Link>
    </Strip>
  )
}

function Faults({ view }: { view: SessionView }) {
  return (
    <>
      {view.status === 'failed' && view.error && (
        <Strip tone="bad" icon={OctagonAlert} label="It failed">
          <div className="min-w-0 flex-1">
            <p className="font-medium [overflow-wrap:anywhere]">
              <SafeText text={view.error.message} max={600} />
            </p>
            <p className="mt-0.5 font-mono text-[0.78rem] text-muted">
              {view.error.code}
              {view.error.node !== undefined && ` · node ${view.error.node}`}
            </p>
          </div>
        </Strip>
      )}
      {view.stopped && (
        <Strip tone="warn" icon={Timer} label="Its budget is spent">
          <p className="min-w-0 flex-1">
            <span className="font-medium">Its budget is spent ({view.stopped.limit}).</span> <SafeText text={view.stopped.message} max={300} />
          </p>
        </Strip>
      )}
      {view.status === 'paused' && (
        <Strip tone="warn" icon={Pause} label="Paused">
          <p className="min-w-0 flex-1">
            <span className="font-medium">Paused.</span> What is under way is finished; nothing new is begun until somebody resumes it.
          </p>
        </Strip>
      )}
      {view.held && (
        <Strip tone="warn" icon={CircleHelp} label="Held">
          <p className="min-w-0 flex-1">So many approvals are open that no more are asked for until some are decided.</p>
        </Strip>
      )}
    </>
  )
}

/** A strip that one cannot overlook, and that does not shout. */
export function Strip({ tone, icon: Icon, label, children }: { tone: 'warn' | 'bad' | 'info'; icon: LucideIcon; label: string; children: ReactNode }) {
  const look = {
    warn: ['border-warn/40 bg-warn-soft/60', 'text-warn'],
    bad: ['border-bad/40 bg-bad-soft/60', 'text-bad'],
    info: ['border-info/40 bg-info-soft/60', 'text-info'],
  } as const
  const [box, mark] = look[tone]
  return (
    <section aria-label={label} className={classes('flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border px-4 py-3 text-sm', box)}>
      <Icon aria-hidden size={18} className={classes('shrink-0', mark)} />
      {children}
    </section>
  )
}
