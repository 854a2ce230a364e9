import { Link } from '@tanstack/react-router'
import { Hourglass } from 'lucide-react'
import { useEffect } from 'react'

import { useLiveSession } from '../../live/use-live-session.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { CitedAnswer } from '../session/answer-card.tsx'
import { OpenAsk } from '../session/open-ask.tsx'
import { QuestionBox } from '../session/question-box.tsx'

export interface FollowUpProps {
  sessionId: string
  /** The stream is held, and goes on by itself; else the turn has ended, and what comes is shown here. */
  isHeld: boolean
  /** The next turn is the answer to what is asked. */
  isAsking: boolean
  onAnswer: (text: string) => void
}

/** What a session waits for a person for, right where it was asked, and what comes of it. */
export function FollowUp({ sessionId, isHeld, isAsking, onAnswer }: FollowUpProps) {
  const { live, refresh } = useLiveSession(sessionId)
  const answer = live?.view.answer
  const isDone = live?.view.status === 'completed' && answer !== null && answer !== undefined
  useEffect(() => {
    if (isDone && !isHeld) onAnswer(answer.text)
    // Told once for each answer, however often the page is drawn.
  }, [isDone, isHeld, answer?.text])
  if (!live) return null
  const asks = Object.values(live.view.asks).filter(({ state }) => state === 'open')
  const questions = Object.values(live.view.questions).filter((question) => question.answer === null)
  const isOver = live.view.finished_at !== null
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      {!isOver && asks.map((each) => <OpenAsk key={each.id} ask={each} />)}
      {!isOver && !isAsking && questions.map((question) => <QuestionBox key={question.id} sessionId={sessionId} question={question} onAnswered={refresh} />)}
      {!isHeld && !isOver && asks.length === 0 && questions.length === 0 && (
        <p role="status" className="flex flex-wrap items-center gap-2 text-sm text-muted">
          <StateBadge state={live.view.status} /> The session goes on; its answer comes here.
        </p>
      )}
      {!isHeld && (live.answer !== '' || isOver) && (
        <section aria-label="What came of it" className="rounded-card border bg-surface px-4 py-3.5">
          <p className="mb-2 flex flex-wrap items-center gap-2 text-[0.82rem] text-muted">
            <Hourglass aria-hidden size={14} /> After the wait <StateBadge state={live.view.status} />
            <Link to="/sessions/$id" params={{ id: sessionId }} search={{}} className="font-medium text-accent-text hover:underline">
              Open the session
            </Link>
          </p>
          {answer || live.answer !== '' ? (
            <CitedAnswer text={answer?.text ?? live.answer} citations={answer?.citations ?? []} />
          ) : (
            <p className="text-sm text-bad">
              <SafeText text={live.view.error?.message ?? 'It ended without an answer.'} max={600} />
            </p>
          )}
        </section>
      )}
    </div>
  )
}
