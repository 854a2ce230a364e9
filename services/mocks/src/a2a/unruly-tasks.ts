import { randomUUID } from 'node:crypto'

import { TERMINAL_STATES, type Message, type StreamEvent, type TaskChange, type TaskService } from '@signalbox/a2a'

import type { MockBehaviour } from '../core/behaviour.ts'

/** What a message wants told about its task that is not so. */
export type Unruliness = Pick<MockBehaviour, 'lie' | 'twice'>

/**
 * A task service whose streams do what an engine of ours never would: tell the result and the end
 * twice, go on after the end and then end otherwise, or tell of a task that is not the caller's.
 */
export function createUnrulyTasks(tasks: TaskService, read: (message: Message) => Unruliness): TaskService {
  return {
    ...tasks,
    async *stream(request, caller, signal) {
      const { lie, twice } = read(request.message)
      let result: Extract<TaskChange, { type: 'artifact' }> | undefined
      for await (const event of tasks.stream(request, caller, signal)) {
        if (lie === 'other' && event.type === 'artifact') yield { ...withoutNumber(event), taskId: randomUUID() }
        else yield event
        if (event.type === 'artifact') result = withoutNumber(event)
        if (event.type !== 'status' || !TERMINAL_STATES.has(event.status.state)) continue
        if (twice && result) yield* [result, withoutNumber(event)]
        if (lie === 'more') yield* tellMore(event)
      }
    },
  }
}

/** An event as if it were a new one: without its number in the log. */
function withoutNumber<Event extends StreamEvent & { seq?: number }>({ seq: _seq, ...event }: Event): Omit<Event, 'seq'> {
  return event
}

function* tellMore({ taskId, contextId, status }: Extract<TaskChange, { type: 'status' }>): Generator<TaskChange> {
  const text = 'One thing I forgot, after my end.'
  yield { type: 'artifact', taskId, contextId, artifact: { artifactId: 'answer', parts: [{ kind: 'text', text }] }, append: true, lastChunk: true }
  yield { type: 'status', taskId, contextId, status: { ...status, state: 'failed' } }
}
