import { hash } from 'node:crypto'

import type { ClassifierVerdict, RoutingDecision } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import type { BoundedMap } from './bounded-map.ts'

/** What the classifier judges: the last user text, and what was said before it. Both are cut to size. */
export interface RoutingQuestion {
  question: string
  conversation: string
}

/** The port to whatever judges, a small model as a rule. May throw, hang or be wrong about the time. */
export type Classifier = (question: RoutingQuestion, signal: AbortSignal) => Promise<ClassifierVerdict>

export interface ClassifyOptions {
  classifier: Classifier
  timeoutMs: number
  /** Verdicts of a while ago. */
  cache: BoundedMap<ClassifierVerdict>
  /** Told of every failure that was answered with `simple`. */
  onFailure: (error: AppError) => void
}

/**
 * Asks the classifier, within its deadline.
 *
 * 1. It fails open: timeout, error and nonsense mean `simple`, and are told to `onFailure`.
 * 2. It keeps its deadline also with a classifier that does not listen to its signal.
 * 3. Only the caller's own leaving is thrown.
 * 4. Failures are not remembered; verdicts are, for each owner apart.
 */
export async function classify(question: RoutingQuestion, caller: { owner: string; signal: AbortSignal }, options: ClassifyOptions): Promise<RoutingDecision> {
  const key = hash('sha256', JSON.stringify([caller.owner, question.question, question.conversation]))
  const known = options.cache.get(key)
  if (known) return { ...known, source: 'cache' }
  try {
    const verdict = await withinDeadline((signal) => options.classifier(question, signal), caller.signal, options.timeoutMs)
    options.cache.set(key, verdict)
    return { ...verdict, source: 'classifier' }
  } catch (error) {
    if (caller.signal.aborted) throw new AppError('canceled', 'The caller left.', { cause: error })
    const fault = toAppError(error)
    options.onFailure(fault)
    return { needs_orchestration: false, reason: `the classifier could not decide (${fault.code})`, source: 'fail_open' }
  }
}

async function withinDeadline<Result>(work: (signal: AbortSignal) => Promise<Result>, caller: AbortSignal, timeoutMs: number): Promise<Result> {
  const deadline = new AbortController()
  const late = Promise.withResolvers<never>()
  const giveUp = (reason: AppError): void => {
    deadline.abort(reason)
    late.reject(reason)
  }
  const onLeave = (): void => giveUp(new AppError('canceled', 'The caller left.'))
  const timer = setTimeout(() => giveUp(new AppError('deadline_exceeded', `The classifier did not answer within ${timeoutMs} ms.`)), timeoutMs)
  caller.addEventListener('abort', onLeave, { once: true })
  if (caller.aborted) onLeave()
  try {
    return await Promise.race([work(deadline.signal), late.promise])
  } finally {
    clearTimeout(timer)
    caller.removeEventListener('abort', onLeave)
  }
}
