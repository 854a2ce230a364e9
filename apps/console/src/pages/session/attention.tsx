import type { SessionView } from '@signalbox/contracts'
import { Hand, OctagonAlert, Pause, Timer } from 'lucide-react'

import type { LiveSession } from '../../live/live-session.ts'
import { SafeText } from '../../ui/safe-text.tsx'
import { OpenAsk } from './open-ask.tsx'
import { QuestionBox } from './question-box.tsx'
import { Strip } from './strip.tsx'

/** What the session wants of a person, and what went wrong: above everything else, and nothing where there is nothing. */
export function Attention({ live: { view }, onChanged }: { live: LiveSession; onChanged: () => void }) {
  const asks = Object.values(view.asks).filter(({ state }) => state === 'open')
  const questions = Object.values(view.questions).filter(({ answer }) => answer === null)
  const isOver = view.finished_at !== null
  return (
    <div className="mb-4 grid grid-cols-[minmax(0,1fr)] gap-3 empty:hidden">
      {!isOver && asks.map((ask) => <OpenAsk key={ask.id} ask={ask} />)}
      {!isOver && questions.map((question) => <QuestionBox key={question.id} sessionId={view.id} question={question} onAnswered={onChanged} />)}
      <Faults view={view} />
    </div>
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
        <Strip tone="warn" icon={Hand} label="Held">
          <p className="min-w-0 flex-1">So many approvals are open that no more are asked for until some are decided.</p>
        </Strip>
      )}
    </>
  )
}
