import { AppError } from '@signalbox/errors'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { applyChange, copyTask } from '../engine/apply-change.ts'
import { codeOf, collect, stateIn } from '../fixtures/agent.ts'
import { textOf, type StreamEvent, type Task, type TaskChange, type TaskState } from '../model.ts'
import type { ReceivedEvent } from './agent-rpc.ts'
import { followTask, type TaskSource } from './follow-task.ts'
import { toMissed } from './to-missed.ts'

const NEVER = new AbortController().signal
const broken = (): AppError => new AppError('upstream_failed', 'The line broke.')

describe('a stream that breaks', () => {
  test('is taken up after the last event that was seen, where events are numbered; each is told once', async () => {
    const asked: (number | undefined)[] = []
    const source = scripted([
      [taskOf('working', '', 0), piece('a', 1), piece('b', 2), broken()],
      (after) => {
        asked.push(after)
        // The whole task comes first, as the protocol has it, then what was missed.
        return [taskOf('completed', 'abcd', 2), piece('c', 3), broken()]
      },
      (after) => {
        asked.push(after)
        return [taskOf('completed', 'abcd', 3), piece('d', 4), ended(5)]
      },
    ])
    const events = await collect(followTask(source, NEVER))
    expect(asked).toEqual([2, 3])
    expect(textOfAll(events)).toBe('abcd')
    expect(events.map(({ type }) => type)).toEqual(['task', 'artifact', 'artifact', 'artifact', 'artifact', 'status'])
  })

  test('is taken up where the server repeats events from the beginning, and none is told twice', async () => {
    const source = scripted([
      [taskOf('working', '', 0), piece('a', 1), broken()],
      [taskOf('working', '', 0), piece('a', 1), piece('b', 2), ended(3)],
    ])
    expect(textOfAll(await collect(followTask(source, NEVER)))).toBe('ab')
  })

  test('is caught up from the task where events have no numbers', async () => {
    const source = scripted([
      [taskOf('working', ''), piece('a'), broken()],
      [taskOf('working', 'abc'), piece('d'), ended()],
    ])
    const events = await collect(followTask(source, NEVER))
    expect(textOfAll(events)).toBe('abcd')
    expect(events.filter(({ type }) => type === 'task')).toHaveLength(1)
  })

  test('is caught up from the task where the server forgot the events', async () => {
    const source = scripted([
      [taskOf('working', '', 0), piece('a', 1), broken()],
      [taskOf('working', 'abc', 7), piece('d', 8), ended(9)],
    ])
    expect(textOfAll(await collect(followTask(source, NEVER)))).toBe('abcd')
  })

  test('and whose task has ended meanwhile is told to its end, with what the end said', async () => {
    const end = { ...taskOf('failed', 'abc').event.task, metadata: { failure: 'why' } }
    const source = scripted([[taskOf('working', ''), piece('a'), broken()], () => [new AppError('conflict', 'It has ended.')]], end)
    const events = await collect(followTask(source, NEVER))
    expect(textOfAll(events)).toBe('abc')
    expect(events.at(-1)).toMatchObject({ type: 'status', status: { state: 'failed' }, metadata: { failure: 'why' } })
  })

  test('and whose task nobody knows any more is an agent that lost it, retryable', async () => {
    const source = scripted([[taskOf('working', ''), broken()], () => [new AppError('not_found', 'Never heard of it.')]])
    await expect(collect(followTask(source, NEVER))).rejects.toMatchObject({ code: 'agent_unavailable', retryable: true })
  })

  test('is given up after a few attempts without progress, with what it failed of', async () => {
    let attempts = 0
    const source = scripted([[taskOf('working', ''), broken()]], undefined, () => {
      attempts += 1
      return [new AppError('agent_unavailable', 'Away.')]
    })
    await expect(collect(followTask(source, NEVER))).rejects.toMatchObject({ code: 'agent_unavailable' })
    expect(attempts).toBe(4)
  })

  test('is taken up again and again where each line held for a while, though nothing was said', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const cutLate = (): Script => {
      vi.advanceTimersByTime(300_000)
      return [taskOf('working', ''), broken()]
    }
    const source = scripted([...Array.from({ length: 8 }, () => cutLate), [taskOf('working', ''), ended()]])
    expect((await collect(followTask(source, NEVER))).map(stateIn)).toEqual(['working', 'completed'])
  })

  test('is not taken up for one who has left', async () => {
    const leaving = new AbortController()
    const source = scripted([[taskOf('working', ''), broken()]], undefined, () => [broken()])
    const reading = codeOf(collect(followTask(source, leaving.signal)))
    await Promise.resolve()
    leaving.abort()
    expect(await reading).toBe('canceled')
  })
})

describe('a stream that closes', () => {
  test('before its task has ended is one that broke', async () => {
    const source = scripted([
      [taskOf('working', '', 0), piece('a', 1)],
      [taskOf('working', 'a', 1), ended(2)],
    ])
    expect((await collect(followTask(source, NEVER))).map(stateIn)).toEqual(['working', undefined, 'completed'])
  })

  test.each<TaskState>(['completed', 'failed', 'canceled', 'rejected', 'input-required'])(
    'where the task is %s is at its end, even if the line breaks there',
    async (state) => {
      expect((await collect(followTask(scripted([[taskOf('working', ''), status(state)]]), NEVER))).map(stateIn)).toEqual(['working', state])
      expect((await collect(followTask(scripted([[taskOf('working', ''), status(state), broken()]]), NEVER))).map(stateIn)).toEqual(['working', state])
    },
  )

  test('where the task waits for an authorization is at its end, as some servers do', async () => {
    expect((await collect(followTask(scripted([[taskOf('working', ''), status('auth-required')]]), NEVER))).map(stateIn)).toEqual(['working', 'auth-required'])
  })
})

describe('a stream that is none', () => {
  test.each<[string, (ReceivedEvent | AppError)[], string]>([
    ['empty', [], 'upstream_invalid'],
    ['beginning in the middle', [piece('a')], 'upstream_invalid'],
    ['refused', [new AppError('not_found', 'no')], 'not_found'],
    ['broken before its first event', [broken()], 'upstream_failed'],
    ['failed by the agent', [taskOf('working', ''), new AppError('rate_limited', 'no')], 'rate_limited'],
  ])('%s fails at once', async (_what, script, code) => {
    expect(await codeOf(collect(followTask(scripted([script]), NEVER)))).toBe(code)
  })

  test('a message is the whole of it', async () => {
    const message: ReceivedEvent = { seq: undefined, event: { type: 'message', message: { messageId: 'm', role: 'agent', parts: [] } } }
    expect(await collect(followTask(scripted([[message]]), NEVER))).toEqual([message.event])
  })
})

test('what was missed leads from the one task to the other, whatever they hold', () => {
  const part = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant('data' as const), data: fc.nat(3) }),
  )
  const artifact = fc.record({ artifactId: fc.constantFrom('a', 'b', 'c'), parts: fc.array(part, { minLength: 1, maxLength: 3 }) })
  const change: fc.Arbitrary<TaskChange> = fc.oneof(
    fc.record({
      type: fc.constant('artifact' as const),
      taskId: fc.constant('t'),
      contextId: fc.constant('c'),
      artifact,
      append: fc.boolean(),
      lastChunk: fc.constant(false),
    }),
    fc.record({
      type: fc.constant('status' as const),
      taskId: fc.constant('t'),
      contextId: fc.constant('c'),
      status: fc.record({ state: fc.constant('working' as const), timestamp: fc.nat().map((ms) => new Date(ms).toISOString()) }),
    }),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.array(change, { maxLength: 6 }), (first, second) => {
      const before = copyTask(taskOf('working', '').event.task)
      for (const each of first) applyChange(before, each)
      const now = copyTask(before)
      for (const each of second) applyChange(now, each)
      const rebuilt = copyTask(before)
      for (const event of toMissed(before, now)) if (event.type === 'artifact' || event.type === 'status') applyChange(rebuilt, event)
      expect(rebuilt.status).toEqual(now.status)
      expect(byId(rebuilt)).toEqual(byId(now))
    }),
  )
})

/** One script for each time the stream is opened: events, then perhaps an error. */
type Script = (ReceivedEvent | AppError)[]

function scripted(scripts: (Script | ((after: number | undefined) => Script))[], fetched?: Task, otherwise?: () => Script): TaskSource {
  let turn = 0
  const play = async function* (after: number | undefined): AsyncGenerator<ReceivedEvent> {
    const script = scripts[turn] ?? otherwise
    turn += 1
    if (!script) throw new Error('the stream was opened once too often')
    for (const each of typeof script === 'function' ? script(after) : script) {
      if (each instanceof AppError) throw each
      yield each
    }
  }
  return {
    open: () => play(undefined),
    resume: (_id, after) => play(after),
    fetch: async () => {
      if (!fetched) throw new Error('nothing to fetch')
      return fetched
    },
  }
}

function taskOf(state: TaskState, text: string, seq?: number): ReceivedEvent & { event: { type: 'task'; task: Task } } {
  const artifacts = text === '' ? [] : [{ artifactId: 'answer', parts: [{ kind: 'text' as const, text }] }]
  return { seq, event: { type: 'task', task: { id: 't', contextId: 'c', status: { state, timestamp: '2026-01-01T00:00:00.000Z' }, artifacts, history: [] } } }
}

function piece(text: string, seq?: number): ReceivedEvent {
  return {
    seq,
    event: {
      type: 'artifact',
      taskId: 't',
      contextId: 'c',
      artifact: { artifactId: 'answer', parts: [{ kind: 'text', text }] },
      append: true,
      lastChunk: false,
    },
  }
}

function status(state: TaskState, seq?: number): ReceivedEvent {
  return { seq, event: { type: 'status', taskId: 't', contextId: 'c', status: { state, timestamp: '2026-01-01T00:00:01.000Z' } } }
}

function ended(seq?: number): ReceivedEvent {
  return status('completed', seq)
}

function textOfAll(events: readonly StreamEvent[]): string {
  return events.map((event) => (event.type === 'artifact' ? textOf(event.artifact.parts) : '')).join('')
}

/** Artifacts without their order; texts that follow one another count as one, as servers differ in that. */
function byId(task: Task): Record<string, unknown> {
  return Object.fromEntries(
    task.artifacts.map(({ artifactId, parts }) => {
      const whole: unknown[] = []
      for (const part of parts) {
        if (part.kind === 'text' && typeof whole.at(-1) === 'string') whole.push(`${String(whole.pop())}${part.text}`)
        else whole.push(part.kind === 'text' ? part.text : part)
      }
      return [artifactId, whole]
    }),
  )
}
