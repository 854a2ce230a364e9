import { Link } from '@tanstack/react-router'
import { Ban, GitFork, RotateCcw, Zap } from 'lucide-react'
import { useState } from 'react'

import { ask } from '../../api/client.ts'
import { conversation } from '../../playground/ask-gateway.ts'
import type { ChatAnswer } from '../../playground/chat-answer.ts'
import type { Exchange } from '../../playground/conversation.ts'
import { toCount, toElapsed, toMoney } from '../../ui/amounts.ts'
import { Button, buttonClasses } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { CopyButton, Id } from '../../ui/copy.tsx'
import { notify, notifyFault } from '../../ui/notices.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { CitedAnswer } from '../session/answer-card.tsx'
import { FollowUp } from './follow-up.tsx'
import { Thinking } from './thinking.tsx'

/** A question, and everything that is known of its answer. */
export function ExchangeView({ exchange, isLast }: { exchange: Exchange; isLast: boolean }) {
  const { question, answer, id } = exchange
  const isWriting = answer.status === 'asking' || answer.status === 'streaming'
  const isWaiting = answer.status === 'awaiting_approval' || answer.status === 'awaiting_input'
  const isHeld = isWriting && Object.values(answer.steps).some(({ state }) => state === 'waiting')
  return (
    <article aria-label={`Question ${id}`} className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <p className="ml-auto max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 [overflow-wrap:anywhere] whitespace-pre-wrap">
        <SafeText text={question} />
      </p>
      <RouteLine answer={answer} model={exchange.model} />
      {(answer.thinking !== '' || Object.keys(answer.steps).length > 0) && <Thinking answer={answer} isWriting={isWriting} />}
      {/* What is written while one listens is said when it is whole. */}
      <div aria-live="polite" aria-busy={isWriting} className="text-[0.97rem]">
        {answer.text !== '' && <CitedAnswer text={answer.text} citations={answer.citations} />}
        {isWriting && answer.text === '' && answer.thinking === '' && <Dots />}
      </div>
      {answer.sessionId !== undefined && (isWaiting || isHeld) && (
        <FollowUp
          sessionId={answer.sessionId}
          isHeld={isHeld}
          isAsking={answer.status === 'awaiting_input' && isLast}
          onAnswer={(text) => conversation.follow(id, text)}
        />
      )}
      {answer.error && <Fault answer={answer} isLast={isLast} />}
      {answer.status === 'stopped' && <Stopped answer={answer} isLast={isLast} />}
      {answer.status === 'cut' && <p className="text-sm text-warn">A budget ended it: the answer is what there was.</p>}
      {!isWriting && <Figures answer={answer} />}
    </article>
  )
}

/** Which way the request took, and why. */
function RouteLine({ answer: { route, sessionId }, model }: { answer: ChatAnswer; model: string }) {
  if (!route) return null
  const isComplex = route.way === 'complex'
  const Icon = isComplex ? GitFork : Zap
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-[0.82rem] text-muted">
      <span
        className={classes(
          'inline-flex items-center gap-1 rounded-full px-2 py-0.5 font-medium',
          isComplex ? 'bg-info-soft text-info' : 'bg-good-soft text-good',
        )}
      >
        <Icon aria-hidden size={13} /> {isComplex ? 'orchestrated' : 'straight to the model'}
      </span>
      <span className="[overflow-wrap:anywhere]">
        <SafeText text={route.reason} max={200} />
      </span>
      <span className="text-faint">· {model}</span>
      {sessionId !== undefined && (
        <Link to="/sessions/$id" params={{ id: sessionId }} search={{}} className="font-medium text-accent-text hover:underline">
          Watch the session
        </Link>
      )}
    </p>
  )
}

function Dots() {
  return (
    <p role="status" className="flex items-center gap-1.5 py-1 text-muted">
      <span className="sr-only">Asking</span>
      {[0, 1, 2].map((index) => (
        <span
          key={index}
          aria-hidden
          className="size-1.5 rounded-full bg-line-strong motion-safe:animate-pulse"
          style={{ animationDelay: `${index * 180}ms` }}
        />
      ))}
    </p>
  )
}

function Fault({ answer: { error }, isLast }: { answer: ChatAnswer; isLast: boolean }) {
  if (!error) return null
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-card border border-bad/40 bg-bad-soft/60 px-4 py-3 text-sm">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium text-bad [overflow-wrap:anywhere]">
          <SafeText text={error.message} max={2_000} />
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 font-mono text-[0.8rem] text-muted">
          {error.code}
          {error.status !== undefined && <span>· {error.status}</span>}
          {error.requestId !== undefined && (
            <span className="inline-flex items-center gap-1">
              · <Id id={error.requestId} />
            </span>
          )}
        </p>
      </div>
      {isLast && (
        <Button onClick={() => void conversation.again()}>
          <RotateCcw aria-hidden size={15} /> Try again
        </Button>
      )}
    </div>
  )
}

/** Whoever stops listening does not stop the work: that is another thing to want. */
function Stopped({ answer: { sessionId }, isLast }: { answer: ChatAnswer; isLast: boolean }) {
  const [isOver, setOver] = useState(false)
  const cancel = async (id: string): Promise<void> => {
    try {
      await ask('POST', `/sessions/${encodeURIComponent(id)}/cancel`)
      setOver(true)
      notify('good', 'The session is canceled.')
    } catch (error) {
      notifyFault(error)
    }
  }
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
      <span>You stopped listening.{sessionId !== undefined && !isOver && ' The session goes on.'}</span>
      {sessionId !== undefined && !isOver && (
        <>
          <Link to="/sessions/$id" params={{ id: sessionId }} search={{}} className={buttonClasses('plain', 'small')}>
            Watch it
          </Link>
          <Button size="small" look="danger" onClick={() => void cancel(sessionId)}>
            <Ban aria-hidden size={13} /> Cancel it
          </Button>
        </>
      )}
      {isLast && (
        <Button size="small" look="quiet" onClick={() => void conversation.again()}>
          <RotateCcw aria-hidden size={13} /> Ask again
        </Button>
      )}
    </div>
  )
}

function Figures({ answer }: { answer: ChatAnswer }) {
  const { usage, costUsd, firstMs, totalMs, text, requestId, error } = answer
  const facts = [
    usage && `${toCount(usage.total_tokens)} tokens`,
    typeof costUsd === 'number' && toMoney(costUsd),
    firstMs !== undefined && `first word after ${toElapsed(firstMs)}`,
    totalMs !== undefined && `${toElapsed(totalMs)} in all`,
  ].filter((fact): fact is string => typeof fact === 'string')
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.8rem] text-faint tabular-nums">
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
      {requestId !== undefined && !error && <Id id={requestId} />}
      {text !== '' && <CopyButton text={text} label="Copy the answer" className="ml-auto" />}
    </p>
  )
}
