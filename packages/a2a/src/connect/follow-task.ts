import { setTimeout as pause } from 'node:timers/promises'

import { AppError, toAppError } from '@signalbox/errors'

import { applyChange, copyTask } from '../engine/apply-change.ts'
import { endsStream, isInterrupted, isTerminal } from '../engine/transitions.ts'
import type { StreamEvent, Task } from '../model.ts'
import type { ReceivedEvent } from './agent-rpc.ts'
import { toMissed } from './to-missed.ts'

export interface TaskSource {
  /** The stream as it is asked for at first. */
  open(): AsyncIterable<ReceivedEvent>
  /** The task from after this event on, where the server can; else as it is now, and what comes. */
  resume(taskId: string, after: number | undefined): AsyncIterable<ReceivedEvent>
  fetch(taskId: string): Promise<Task>
}

const ATTEMPTS = 4
const FIRST_PAUSE_MS = 50
/** A line that held this long is one that works, even if nothing was said on it: some are cut every few minutes. */
const STEADY_MS = 5_000

/**
 * Follows a task over breaks in the line.
 *
 * 1. The first event is a task, or the only one is a message; no second task is ever told.
 * 2. A stream that breaks, or closes before the task has ended, is taken up again, a few times without progress at most.
 * 3. Where the server numbers its events, every one of them is told once. Where it does not, what the
 *    break hid is worked out from the task as it is afterwards: nothing is told twice, no content is lost.
 */
export async function* followTask(source: TaskSource, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  let events = source.open()
  let task: Task | undefined
  let seen: number | undefined
  let attempt = 0
  let isAgain = false
  for (;;) {
    const openedAt = performance.now()
    let failure: AppError
    let saidLastWord = false
    try {
      for await (const { event, seq } of events) {
        if (event.type === 'message') return yield event
        if (!task) {
          if (event.type !== 'task') throw new AppError('upstream_invalid', 'The agent’s stream does not begin with a task.')
          task = copyTask(event.task)
          seen = seq
          yield event
        } else if (event.type === 'task') {
          // A server that takes up after the event we saw last says so by its number.
          if (seq !== undefined && seen !== undefined && seq <= seen) continue
          yield* toMissed(task, event.task)
          task = copyTask(event.task)
          seen = seq ?? seen
        } else {
          if (seq !== undefined && seen !== undefined && seq <= seen) continue
          applyChange(task, event)
          seen = seq ?? seen
          attempt = 0
          saidLastWord = event.type === 'status' && endsStream(event.status.state)
          yield event
        }
      }
      if (!task) throw new AppError('upstream_invalid', 'The agent closed its stream without a word.')
      // Some servers close where the task waits for somebody; that is no break.
      if (saidLastWord || isTerminal(task.status.state) || isInterrupted(task.status.state)) return
      failure = new AppError('upstream_failed', 'The agent closed its stream before the task had ended.')
    } catch (error) {
      failure = toAppError(error)
      if (!task) throw failure
      if (saidLastWord) return
      if (isGone(failure) && isAgain) return yield* tellRest(source, task, failure)
    }
    if (performance.now() - openedAt > STEADY_MS) attempt = 0
    if (!isBreak(failure) || attempt >= ATTEMPTS) throw failure
    attempt += 1
    isAgain = true
    await waitALittle(attempt, signal)
    events = source.resume(task.id, seen)
  }
}

/** A task that ended, or was forgotten, while nobody listened. */
async function* tellRest(source: TaskSource, task: Task, failure: AppError): AsyncGenerator<StreamEvent> {
  if (failure.code === 'not_found') throw new AppError('agent_unavailable', 'The agent lost the task.', { cause: failure })
  yield* toMissed(task, await source.fetch(task.id))
}

/** What a server says to one who wants to follow a task that has ended, or that it does not know any more. */
function isGone({ code }: AppError): boolean {
  return code === 'conflict' || code === 'not_found'
}

function isBreak({ code }: AppError): boolean {
  return code === 'upstream_failed' || code === 'agent_unavailable'
}

async function waitALittle(attempt: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()), undefined, { signal })
  } catch (error) {
    throw toAppError(signal.aborted ? signal.reason : error)
  }
}
