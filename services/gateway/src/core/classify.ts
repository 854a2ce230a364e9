import { hash } from 'node:crypto'

import type { ClassifierVerdict, RoutingDecision } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import type { BoundedMap } from './bounded-map.ts'

/** What the classifier judges: what was said last, and what was said before it. Both are cut to size. */
export interface JudgedText {
  question: string
  conversation: string
}

/** The port to whatever judges, a small model as a rule. May throw, hang or be wrong about the time. */
export type Classifier = (question: JudgedText, signal: AbortSignal) => Promise<ClassifierVerdict>

export interface ClassifyOptions {
  classifier: Classifier
  timeoutMs: number
  /** Verdicts of a while ago. */
  cache: BoundedMap<ClassifierVerdict>
  /** Told of every failure that was answered with `simple`. */
  onFailure: (error: AppError) => void
  /** Told how a question was answered: from the cache, by the call that another request has begun, or by one of its own. */
  onAsked?: (how: 'hit' | 'shared' | 'miss') => void
}

export interface Classifying {
  /** What was decided about the same question of the same owner a while ago. */
  recall(owner: string, question: JudgedText): RoutingDecision | undefined
  /**
   * Asks the classifier, within its deadline.
   *
   * 1. It fails open: timeout, error and nonsense mean `simple`, and are told to `onFailure`.
   * 2. It keeps its deadline also with a classifier that does not listen to its signal.
   * 3. Only the caller's own leaving is thrown. The call is stopped when all who wait for it have left.
   * 4. Failures are not remembered; verdicts are, for each owner apart.
   * 5. Of the same question of the same owner there is one call at a time.
   */
  ask(owner: string, question: JudgedText, caller: AbortSignal): Promise<RoutingDecision>
}

/** A call under way, and how many wait for it. */
interface Flight {
  verdict: Promise<RoutingDecision>
  waiting: number
  stop: AbortController
}

export function createClassifying({ classifier, timeoutMs, cache, onFailure, onAsked }: ClassifyOptions): Classifying {
  const flights = new Map<string, Flight>()

  const take = (key: string, question: JudgedText): Flight => {
    const known = flights.get(key)
    onAsked?.(known ? 'shared' : 'miss')
    if (known) return known
    const stop = new AbortController()
    const flight: Flight = { verdict: fly(key, question, stop), waiting: 0, stop }
    flights.set(key, flight)
    return flight
  }
  const fly = async (key: string, question: JudgedText, stop: AbortController): Promise<RoutingDecision> => {
    try {
      const verdict = await withinDeadline((signal) => classifier(question, signal), stop, timeoutMs)
      cache.set(key, verdict)
      return { ...verdict, source: 'classifier' }
    } catch (error) {
      const fault = toAppError(error)
      // Where all have left there is nobody to decide for.
      if (!isAbandoned(stop)) onFailure(fault)
      return { needs_orchestration: false, reason: `the classifier could not decide (${fault.code})`, source: 'fail_open' }
    } finally {
      if (flights.get(key)?.stop === stop) flights.delete(key)
    }
  }

  return {
    recall(owner, question) {
      const known = cache.get(toKey(owner, question))
      if (!known) return undefined
      onAsked?.('hit')
      return { ...known, source: 'cache' }
    },
    async ask(owner, question, caller) {
      const key = toKey(owner, question)
      if (caller.aborted) throw left(caller)
      const flight = take(key, question)
      flight.waiting += 1
      const leaving = Promise.withResolvers<never>()
      const onLeave = (): void => leaving.reject(left(caller))
      caller.addEventListener('abort', onLeave, { once: true })
      try {
        return await Promise.race([flight.verdict, leaving.promise])
      } finally {
        caller.removeEventListener('abort', onLeave)
        flight.waiting -= 1
        if (flight.waiting === 0 && caller.aborted) {
          // Who comes now begins a call of its own.
          if (flights.get(key) === flight) flights.delete(key)
          flight.stop.abort(ABANDONED)
        }
      }
    },
  }
}

const ABANDONED = new AppError('canceled', 'Everybody who waited has left.')

function isAbandoned({ signal }: AbortController): boolean {
  return signal.reason === ABANDONED
}

function left(caller: AbortSignal): AppError {
  return new AppError('canceled', 'The caller left.', { cause: caller.reason })
}

function toKey(owner: string, { question, conversation }: JudgedText): string {
  return hash('sha256', JSON.stringify([owner, question, conversation]))
}

async function withinDeadline<Result>(work: (signal: AbortSignal) => Promise<Result>, stop: AbortController, timeoutMs: number): Promise<Result> {
  const { signal } = stop
  const stopped = Promise.withResolvers<never>()
  const onStop = (): void => stopped.reject(signal.reason)
  signal.addEventListener('abort', onStop, { once: true })
  const timer = setTimeout(() => stop.abort(new AppError('deadline_exceeded', `The classifier did not answer within ${timeoutMs} ms.`)), timeoutMs)
  try {
    return await Promise.race([work(signal), stopped.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onStop)
  }
}
