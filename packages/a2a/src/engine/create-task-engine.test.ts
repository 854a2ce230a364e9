import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'

import { EXTENSIONS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { eventually } from '@signalbox/testing'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import type { AgentExecutor, Caller, Turn } from '../agent.ts'
import { asTask, codeOf, collect, gate, silent, stateIn, taskIn, textIn, type Execute } from '../fixtures/agent.ts'
import { textOf, type Message, type StreamEvent, type Task } from '../model.ts'
import type { SendRequest } from '../task-service.ts'
import { createTaskEngine, type TaskEngineOptions } from './create-task-engine.ts'

const ALICE: Caller = { owner: 'alice' }
const BOB: Caller = { owner: 'bob' }
const NEVER = new AbortController().signal

afterEach(() => vi.useRealTimers())

describe('sending', () => {
  test('waits for the end of the task', async () => {
    const engine = engineThat(async (_turn, writer) => writer.complete({ text: 'done' }))
    expect(asTask(await engine.send(hello(), ALICE, NEVER)).status).toMatchObject({ state: 'completed', message: { role: 'agent', parts: [{ text: 'done' }] } })
  })

  test.each(['input-required', 'auth-required'] as const)('waits no longer than until %s, by which the turn is interrupted', async (state) => {
    const engine = engineThat(async (turn, writer) => {
      if (state === 'input-required') writer.inputRequired('which?')
      else writer.authRequired('may I?')
      await once(turn.signal, 'abort')
    })
    expect(asTask(await engine.send(hello(), ALICE, NEVER)).status).toMatchObject({ state, message: { parts: [{ kind: 'text' }] } })
  })

  test.each(['inputRequired', 'authRequired'] as const)('whoever fetches a task that waits finds all that it asked for: %s', async (ask) => {
    const engine = engineThat(async (_turn, writer) => writer[ask]('which?', { 'urn:of': ['what'] }))
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    const { status, metadata } = await engine.get(id, ALICE, {})
    expect(status.message).toMatchObject({ parts: [{ text: 'which?' }], metadata: { 'urn:of': ['what'] } })
    // It is of this moment, and not of the task.
    expect(metadata).toBeUndefined()
  })

  test('answers at once when asked to, while the work goes on', async () => {
    const { open, passed } = gate()
    const engine = engineThat(async () => passed)
    const task = asTask(await engine.send({ ...hello(), returnImmediately: true }, ALICE, NEVER))
    expect(task.status.state).toBe('submitted')
    open()
    await eventually('it completes', async () => (await engine.get(task.id, ALICE, {})).status.state === 'completed')
  })

  test('a caller who stops waiting changes nothing about the task', async () => {
    const { open, passed } = gate()
    const begun = Promise.withResolvers<Turn>()
    const engine = engineThat(async (turn) => {
      begun.resolve(turn)
      await passed
    })
    const leaving = new AbortController()
    const sent = codeOf(engine.send(hello(), ALICE, leaving.signal))
    const turn = await begun.promise
    leaving.abort()
    expect(await sent).toBe('canceled')
    expect(turn.signal.aborted).toBe(false)
    open()
    await eventually('it completes', async () => (await engine.get(turn.taskId, ALICE, {})).status.state === 'completed')
  })

  test('makes the task’s id itself, keeps the caller’s context, and makes one where there is none', async () => {
    const engine = engineThat(async () => undefined)
    const [one, two] = [asTask(await engine.send(hello({ contextId: 'ours' }), ALICE, NEVER)), asTask(await engine.send(hello(), ALICE, NEVER))]
    expect(one.contextId).toBe('ours')
    expect(two.contextId).not.toBe('')
    expect(one.id).not.toBe(two.id)
    expect(one.history[0]).toMatchObject({ taskId: one.id, contextId: 'ours' })
  })
})

describe('what an executor does decides how the task ends', () => {
  test('returning without an end completes it', async () => {
    expect(await endOf(async (_turn, writer) => writer.working('on it'))).toMatchObject({ status: { state: 'completed' } })
  })

  test('throwing an error of ours fails it in that error’s words', async () => {
    const { task, last } = await endOf(async () => {
      throw new AppError('upstream_timeout', 'The model was slow.')
    })
    expect(task.status).toMatchObject({ state: 'failed', message: { parts: [{ text: 'The model was slow.' }] } })
    expect(last).toMatchObject({ metadata: { [EXTENSIONS.failure]: { code: 'upstream_timeout', retryable: true } } })
  })

  test.each([
    ['later', () => Promise.reject(new Error('password=swordfish'))],
    [
      'at once',
      () => {
        throw new Error('password=swordfish')
      },
    ],
  ])('throwing anything else %s fails it without a word of what was thrown', async (_when, execute) => {
    const { events, last } = await endOf(execute)
    expect(last).toMatchObject({ status: { state: 'failed' }, metadata: { [EXTENSIONS.failure]: { code: 'internal', retryable: false } } })
    expect(JSON.stringify(events)).not.toContain('swordfish')
  })

  test('a failure says its code and whether to try again; the task tells it too, to those who fetch it', async () => {
    const { task, last } = await endOf(async (_turn, writer) => writer.fail({ code: 'agent_failed', message: 'no', retryable: true, metadata: { more: 1 } }))
    const metadata = { [EXTENSIONS.failure]: { code: 'agent_failed', retryable: true }, more: 1 }
    expect(last).toMatchObject({ metadata })
    expect(task.metadata).toEqual(metadata)
  })

  test('an unknown code is not retryable unless it says so', async () => {
    expect((await endOf(async (_turn, writer) => writer.fail({ code: 'strange', message: 'no' }))).last).toMatchObject({
      metadata: { [EXTENSIONS.failure]: { code: 'strange', retryable: false } },
    })
  })

  test('nothing is taken after the end', async () => {
    const codes: string[] = []
    const { task } = await endOf(async (_turn, writer) => {
      writer.complete()
      for (const late of [
        () => writer.text('x'),
        () => writer.working(),
        () => writer.complete(),
        () => writer.artifact({ parts: [] }),
        () => writer.describe({ a: 1 }),
      ]) {
        codes.push(await codeOf(new Promise<void>((resolve) => resolve(late()))))
      }
    })
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'conflict'))
    expect(task).toMatchObject({ status: { state: 'completed' }, artifacts: [] })
  })

  test('after asking for input the turn is over; while waiting for an authorization it may go on', async () => {
    const input = await endOf(async (_turn, writer) => {
      writer.inputRequired('which?')
      writer.working('anyway')
    })
    expect(input.task.status.state).toBe('input-required')
    const authorized = await endOf(async (_turn, writer) => {
      writer.authRequired('may I?')
      writer.working('I may')
      writer.complete()
    })
    expect(authorized.events.map(stateIn)).toEqual(['submitted', 'auth-required', 'working', 'completed'])
  })

  test('a turn that takes too long fails, retryable, and is told to stop', async () => {
    const stopped = Promise.withResolvers<unknown>()
    const engine = engineThat(
      async (turn) => {
        await once(turn.signal, 'abort')
        stopped.resolve((turn.signal.reason as Error).name)
      },
      { turnDeadlineMs: 20 },
    )
    const events = await collect(engine.stream(hello(), ALICE, NEVER))
    expect(events.at(-1)).toMatchObject({ status: { state: 'failed' }, metadata: { [EXTENSIONS.failure]: { code: 'deadline_exceeded', retryable: true } } })
    expect(await stopped.promise).toBe('TimeoutError')
  })

  test('the time that a person takes to authorize does not count', async () => {
    vi.useFakeTimers()
    const { open, passed } = gate()
    const engine = engineThat(
      async (_turn, writer) => {
        writer.authRequired('may I?')
        await passed
        writer.working()
        writer.complete()
      },
      { turnDeadlineMs: 50 },
    )
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    await vi.advanceTimersByTimeAsync(10_000)
    open()
    await vi.advanceTimersByTimeAsync(0)
    expect((await engine.get(id, ALICE, {})).status.state).toBe('completed')
  })

  test('an executor that ignores being stopped cannot hold its task', async () => {
    const engine = engineThat(() => new Promise(() => undefined), { turnDeadlineMs: 20 })
    expect(asTask(await engine.send(hello(), ALICE, NEVER)).status.state).toBe('failed')
    await engine.drain(NEVER)
  })
})

describe('artifacts', () => {
  test('text that is appended is one part, with every character of it', async () => {
    const { task, events } = await endOf(async (_turn, writer) => {
      for (let index = 0; index < 500; index += 1) writer.text(`${index} `)
    })
    expect(task.artifacts).toEqual([{ artifactId: 'answer', parts: [{ kind: 'text', text: Array.from({ length: 500 }, (_, index) => `${index} `).join('') }] }])
    expect(events.filter(({ type }) => type === 'artifact').length).toBeLessThan(10)
  })

  test('the first event of an artifact begins it, the next ones append to it, and one that does not append replaces it', async () => {
    const { task, events } = await endOf(async (_turn, writer) => {
      const part = (n: number) => ({ artifactId: 'a', parts: [{ kind: 'data' as const, data: n }] })
      writer.artifact(part(1), { append: true })
      writer.artifact(part(2), { append: true, lastChunk: true })
      writer.artifact({ ...part(3), artifactId: 'b' })
      writer.artifact({ ...part(4), artifactId: 'b' })
    })
    expect(events.flatMap((event) => (event.type === 'artifact' ? [[event.append, event.lastChunk]] : []))).toEqual([
      [false, false],
      [true, true],
      [false, true],
      [false, true],
    ])
    expect(task.artifacts).toEqual([
      {
        artifactId: 'a',
        parts: [
          { kind: 'data', data: 1 },
          { kind: 'data', data: 2 },
        ],
      },
      { artifactId: 'b', parts: [{ kind: 'data', data: 4 }] },
    ])
  })

  test('text that still waits for company goes out before anything that comes after it', async () => {
    const { events } = await endOf(async (_turn, writer) => {
      writer.text('a')
      writer.text('b')
      writer.text('c', 'other')
      writer.working('meanwhile')
      writer.text('d')
      writer.complete()
    })
    expect(events.map((event) => (event.type === 'artifact' ? textOf(event.artifact.parts) : stateIn(event)))).toEqual([
      'submitted',
      'a',
      'b',
      'c',
      'working',
      'd',
      'completed',
    ])
  })
})

test('1,600 pieces cost what 1,600 pieces cost, not their square', async () => {
  const engine = engineThat(async (_turn, writer) => {
    for (let index = 0; index < 1_600; index += 1) writer.artifact({ artifactId: 'a', parts: [{ kind: 'text', text: 'some token ' }] }, { append: true })
  })
  const begun = performance.now()
  const events = await collect(engine.stream(hello(), ALICE, NEVER))
  // Linear it takes some 5 ms; where each piece copied the task, it took 3,800.
  expect(performance.now() - begun).toBeLessThan(1_000)
  expect(events).toHaveLength(1_602)
  expect((await engine.get(taskIn(events[0]).id, ALICE, {})).artifacts[0]?.parts).toHaveLength(1)
})

describe('several messages to one task', () => {
  test('are worked on strictly one after the other, each seeing what was said before', async () => {
    const log: string[] = []
    const engine = engineThat(async (turn, writer) => {
      const text = textOf(turn.message.parts)
      log.push(`begin ${text} after ${turn.task.history.length}`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`end ${text}`)
      writer.inputRequired('more?')
    })
    const { id } = asTask(await engine.send(hello({}, 'a'), ALICE, NEVER))
    await Promise.all(['b', 'c', 'd'].map((text) => engine.send(hello({ taskId: id }, text), ALICE, NEVER)))
    // Before each turn stand the earlier messages and the questions they were answered with.
    expect(log).toEqual(['begin a after 0', 'end a', 'begin b after 1', 'end b', 'begin c after 3', 'end c', 'begin d after 5', 'end d'])
    expect((await engine.get(id, ALICE, {})).history.map(({ parts }) => textOf(parts))).toEqual(['a', 'more?', 'b', 'more?', 'c', 'more?', 'd'])
  })

  test('an answer puts the task back to work, and its stream tells that turn to its end', async () => {
    const engine = engineThat(async (turn, writer) => {
      if (turn.task.history.length === 0) return writer.inputRequired('which?')
      writer.text('that one')
    })
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    const events = await collect(engine.stream(hello({ taskId: id }), ALICE, NEVER))
    expect(events.map((event) => stateIn(event) ?? event.type)).toEqual(['working', 'artifact', 'completed'])
    expect(taskIn(events[0]).history).toHaveLength(3)
  })

  test('are refused once the task has ended, those that wait in line too', async () => {
    const { open, passed } = gate()
    const engine = engineThat(async () => passed)
    const { id } = asTask(await engine.send({ ...hello(), returnImmediately: true }, ALICE, NEVER))
    const inLine = [codeOf(engine.send(hello({ taskId: id }), ALICE, NEVER)), codeOf(collect(engine.stream(hello({ taskId: id }), ALICE, NEVER)))]
    open()
    expect(await Promise.all(inLine)).toEqual(['conflict', 'conflict'])
    expect(await codeOf(engine.send(hello({ taskId: id }), ALICE, NEVER))).toBe('conflict')
  })

  test('cannot name a context that is not the task’s, or a task that is not theirs', async () => {
    const engine = engineThat(async (_turn, writer) => writer.inputRequired('?'))
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    expect(await codeOf(engine.send(hello({ taskId: id, contextId: 'other' }), ALICE, NEVER))).toBe('invalid_request')
    expect(await codeOf(engine.send(hello({ taskId: 'made-up' }), ALICE, NEVER))).toBe('not_found')
    expect(await codeOf(engine.send(hello({ taskId: id }), BOB, NEVER))).toBe('not_found')
  })

  test('do not pile up without end', async () => {
    const engine = engineThat(untilStopped)
    const { id } = asTask(await engine.send({ ...hello(), returnImmediately: true }, ALICE, NEVER))
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(engine.send({ ...hello({ taskId: id }), returnImmediately: true }, ALICE, NEVER))))
    expect(codes.filter((code) => code === 'unavailable')).toHaveLength(4)
  })
})

describe('canceling', () => {
  test('stops the turn and ends the task; what was said before stays, what is said after does not', async () => {
    const aborted = Promise.withResolvers<string>()
    const engine = engineThat(async (turn, writer) => {
      writer.text('before')
      writer.text(' and just before')
      await once(turn.signal, 'abort')
      aborted.resolve((turn.signal.reason as Error).name)
      writer.text('after')
    })
    const events: StreamEvent[] = []
    for await (const event of engine.stream(hello(), ALICE, NEVER)) {
      events.push(event)
      if (event.type === 'artifact' && textOf(event.artifact.parts) === 'before') await engine.cancel(event.taskId, ALICE)
    }
    expect(stateIn(events.at(-1))).toBe('canceled')
    expect(await aborted.promise).toBe('AbortError')
    expect(textIn(await engine.get(taskIn(events[0]).id, ALICE, {}))).toBe('before and just before')
  })

  test('again answers the same; a task that ended otherwise cannot be canceled', async () => {
    const engine = engineThat(async (turn, writer) => (textOf(turn.message.parts) === 'wait' ? writer.inputRequired('?') : undefined))
    const { id } = asTask(await engine.send(hello({}, 'wait'), ALICE, NEVER))
    const [one, two, three] = await Promise.all([engine.cancel(id, ALICE), engine.cancel(id, ALICE), engine.cancel(id, ALICE)])
    expect(one).toEqual(two)
    expect(three?.status.state).toBe('canceled')
    expect(await engine.cancel(id, ALICE)).toEqual(one)
    const done = asTask(await engine.send(hello(), ALICE, NEVER))
    expect(await codeOf(engine.cancel(done.id, ALICE))).toBe('conflict')
    expect(await codeOf(engine.cancel(done.id, BOB))).toBe('not_found')
  })

  test('a task that idles tells the executor first, once, and ends even if that fails', async () => {
    const told: string[] = []
    const executor: AgentExecutor = {
      execute: async (_turn, writer) => writer.inputRequired('?'),
      cancel: async (task) => {
        told.push(task.status.state)
        throw new Error('no matter')
      },
    }
    const engine = createTaskEngine({ executor, telemetry: silent })
    onTestFinished(() => engine.close())
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    await Promise.all([engine.cancel(id, ALICE), engine.cancel(id, ALICE)])
    expect(told).toEqual(['input-required'])
    expect((await engine.get(id, ALICE, {})).status.state).toBe('canceled')
  })

  test('a message that comes while an idle task is being canceled does not bring it back', async () => {
    const { open, passed } = gate()
    const executed: string[] = []
    const executor: AgentExecutor = {
      execute: async (turn, writer) => {
        executed.push(textOf(turn.message.parts))
        writer.inputRequired('?')
      },
      cancel: async () => passed,
    }
    const engine = createTaskEngine({ executor, telemetry: silent })
    onTestFinished(() => engine.close())
    const { id } = asTask(await engine.send(hello({}, 'first'), ALICE, NEVER))
    const canceled = engine.cancel(id, ALICE)
    const late = codeOf(engine.send(hello({ taskId: id }, 'late'), ALICE, NEVER))
    open()
    expect((await canceled).status.state).toBe('canceled')
    expect(await late).toBe('conflict')
    expect(executed).toEqual(['first'])
  })
})

describe('subscribing', () => {
  test('gives the task as it is and then each event once, to however many, whenever they come', async () => {
    const steps = Array.from({ length: 10 }, gate)
    const engine = engineThat(async (_turn, writer) => {
      for (const [index, { passed }] of steps.entries()) {
        await passed
        writer.artifact({ artifactId: 'a', parts: [{ kind: 'data', data: index }] }, { append: true })
      }
    })
    const first = collect(engine.stream(hello(), ALICE, NEVER))
    const id = await onlyTaskOf(engine)
    const others: Promise<StreamEvent[]>[] = []
    for (const { open } of steps) {
      others.push(collect(engine.subscribe(id, ALICE, NEVER)))
      open()
      await new Promise((resolve) => setImmediate(resolve))
    }
    const whole = numbersOf(await first)
    expect(whole).toEqual(steps.map((_, index) => index))
    for (const other of others) expect(numbersOf(await other)).toEqual(whole)
  })

  test('a reader who is slow, or leaves, holds nobody up', async () => {
    const engine = engineThat(async (_turn, writer) => {
      for (let index = 0; index < 100; index += 1) writer.artifact({ artifactId: 'a', parts: [{ kind: 'data', data: index }] }, { append: true })
    })
    const slow = engine.stream(hello(), ALICE, NEVER)[Symbol.asyncIterator]()
    const first = await slow.next()
    const id = taskIn(first.value as StreamEvent).id
    const leaving = engine.subscribe(id, ALICE, NEVER, { after: 0 })[Symbol.asyncIterator]()
    await leaving.next()
    await leaving.next()
    await leaving.return?.()
    expect((await engine.get(id, ALICE, {})).status.state).toBe('completed')
    const rest: StreamEvent[] = []
    for (let next = await slow.next(); !next.done; next = await slow.next()) rest.push(next.value)
    expect(numbersOf([first.value as StreamEvent, ...rest])).toHaveLength(100)
  })

  test('to a task that waits for input stays open until it goes on', async () => {
    const engine = engineThat(async (turn, writer) => (turn.task.history.length === 0 ? writer.inputRequired('?') : writer.complete()))
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    const subscribed = collect(engine.subscribe(id, ALICE, NEVER))
    await engine.send(hello({ taskId: id }), ALICE, NEVER)
    expect((await subscribed).map(stateIn)).toEqual(['input-required', 'working', 'completed'])
  })

  test('is refused on a task that has ended, and on another’s', async () => {
    const engine = engineThat(async () => undefined)
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    expect(await codeOf(collect(engine.subscribe(id, ALICE, NEVER)))).toBe('conflict')
    expect(await codeOf(collect(engine.subscribe(id, BOB, NEVER)))).toBe('not_found')
  })

  test('after a number gives exactly what came after it, even of a task that has ended since', async () => {
    const engine = engineThat(async (_turn, writer) => {
      for (let index = 1; index <= 5; index += 1) writer.artifact({ artifactId: 'a', parts: [{ kind: 'data', data: index }] }, { append: true })
    })
    const all = await collect(engine.stream(hello(), ALICE, NEVER))
    const { id } = taskIn(all[0])
    for (const [index, event] of all.entries()) {
      const after = event.type === 'message' ? undefined : event.seq
      expect(after).toBe(index)
      const [task, ...rest] = await collect(engine.subscribe(id, ALICE, NEVER, { after: index }))
      expect(task).toMatchObject({ type: 'task', seq: index, task: { status: { state: 'completed' } } })
      expect(rest).toEqual(all.slice(index + 1))
    }
    expect(await codeOf(collect(engine.subscribe(id, ALICE, NEVER, { after: 99 })))).toBe('conflict')
  })

  test('whoever stops listening is told so, not that the task ended', async () => {
    const engine = engineThat(untilStopped)
    const leaving = new AbortController()
    const reading = codeOf(collect(engine.stream(hello(), ALICE, leaving.signal)))
    await onlyTaskOf(engine)
    leaving.abort()
    expect(await reading).toBe('canceled')
  })
})

describe('idempotency keys', () => {
  const keyed = (idempotencyKey: string, owner = 'alice'): Caller => ({ owner, idempotencyKey })

  test('the same key and message get the same task, however its id is numbered; the work is done once', async () => {
    let executed = 0
    const engine = engineThat(async (_turn, writer) => {
      executed += 1
      writer.text('once')
    })
    const first = await collect(engine.stream(hello({ messageId: 'm1' }), keyed('k'), NEVER))
    const again = await collect(engine.stream(hello({ messageId: 'm2' }), keyed('k'), NEVER))
    expect(again).toEqual(first)
    expect(asTask(await engine.send(hello(), keyed('k'), NEVER)).id).toBe(taskIn(first[0]).id)
    expect(executed).toBe(1)
  })

  test('two that come at once are one', async () => {
    const engine = engineThat(async () => undefined)
    const tasks = await Promise.all([engine.send(hello(), keyed('k'), NEVER), engine.send(hello(), keyed('k'), NEVER)])
    expect(asTask(tasks[0]).id).toBe(asTask(tasks[1]).id)
  })

  test.each<[string, Partial<Message>, string]>([
    ['text', {}, 'other'],
    ['context', { contextId: 'c' }, 'hello'],
    ['metadata', { metadata: { a: 1 } }, 'hello'],
  ])('the same key with another %s is refused', async (_what, more, text) => {
    const engine = engineThat(async () => undefined)
    await engine.send(hello(), keyed('k'), NEVER)
    expect(await codeOf(engine.send(hello(more, text), keyed('k'), NEVER))).toBe('idempotency_mismatch')
  })

  test('the order of keys in data makes no other message of it, the bytes of a file do', async () => {
    const engine = engineThat(async () => undefined)
    const send = (data: object, bytes: number[]) =>
      engine.send(
        {
          ...hello(),
          message: {
            messageId: 'm',
            role: 'user',
            parts: [
              { kind: 'data', data: data as never },
              { kind: 'file', bytes: Uint8Array.from(bytes) },
            ],
          },
        },
        keyed('k'),
        NEVER,
      )
    const first = asTask(await send({ a: 1, b: { c: 2, d: 3 } }, [1]))
    expect(asTask(await send({ b: { d: 3, c: 2 }, a: 1 }, [1])).id).toBe(first.id)
    expect(await codeOf(send({ a: 1, b: { c: 2, d: 3 } }, [2]))).toBe('idempotency_mismatch')
  })

  test('another owner’s same key is another key, and no key is no key', async () => {
    const engine = engineThat(async () => undefined)
    const ids = await Promise.all(
      [keyed('k'), keyed('k', 'bob'), ALICE, ALICE].map(async (caller) => asTask(await engine.send(hello({ messageId: 'same' }), caller, NEVER)).id),
    )
    expect(new Set(ids).size).toBe(4)
  })

  test('one whose events are gone still tells the task and its end', async () => {
    vi.useFakeTimers()
    const engine = engineThat(async (_turn, writer) => writer.complete({ metadata: { cost: 1 } }))
    const first = await collect(engine.stream(hello(), keyed('k'), NEVER))
    await vi.advanceTimersByTimeAsync(120_000)
    const again = await collect(engine.stream(hello(), keyed('k'), NEVER))
    expect(again.map(stateIn)).toEqual(['completed', 'completed'])
    expect(again.at(-1)).toMatchObject({ metadata: { cost: 1 } })
    expect(taskIn(again[0]).id).toBe(taskIn(first[0]).id)
  })
})

describe('listing', () => {
  test('shows only the owner’s tasks, newest first, page by page, each once', async () => {
    const engine = engineThat(async () => undefined)
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let index = 0; index < 7; index += 1) {
      vi.setSystemTime(1_000_000 + Math.floor(index / 2))
      await engine.send(hello(), index === 3 ? BOB : ALICE, NEVER)
    }
    const pages: Task[][] = []
    for (let pageToken: string | undefined; pageToken !== '';) {
      const page = await engine.list({ pageSize: 2, includeArtifacts: false, ...(pageToken !== undefined && { pageToken }) }, ALICE)
      expect(page).toMatchObject({ totalSize: 6, pageSize: 2 })
      pages.push(page.tasks)
      pageToken = page.nextPageToken
    }
    const tasks = pages.flat()
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 2])
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(6)
    expect(tasks.map(({ status }) => status.timestamp)).toEqual(
      tasks
        .map(({ status }) => status.timestamp)
        .toSorted()
        .toReversed(),
    )
  })

  test('filters by state, context and time, the given moment included', async () => {
    const engine = engineThat(async (turn, writer) => (textOf(turn.message.parts) === 'ask' ? writer.inputRequired('?') : undefined))
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 })
    await engine.send(hello({ contextId: 'a' }), ALICE, NEVER)
    vi.setSystemTime(2_000)
    await engine.send(hello({ contextId: 'b' }, 'ask'), ALICE, NEVER)
    const contexts = async (query: object) =>
      (await engine.list({ pageSize: 10, includeArtifacts: false, ...query }, ALICE)).tasks.map(({ contextId }) => contextId)
    expect(await contexts({})).toEqual(['b', 'a'])
    expect(await contexts({ contextId: 'a' })).toEqual(['a'])
    expect(await contexts({ state: 'input-required' })).toEqual(['b'])
    expect(await contexts({ statusSince: new Date(2_000).toISOString() })).toEqual(['b'])
    expect(await contexts({ statusSince: new Date(2_001).toISOString() })).toEqual([])
  })

  test('brings artifacts and history as far as asked, and refuses a token that is not its own', async () => {
    const engine = engineThat(async (_turn, writer) => writer.text('x'))
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    const list = async (query: object) => (await engine.list({ pageSize: 1, includeArtifacts: false, ...query }, ALICE)).tasks[0]
    expect((await list({}))?.artifacts).toEqual([])
    expect((await list({ includeArtifacts: true }))?.artifacts).toHaveLength(1)
    expect((await list({ historyLength: 0 }))?.history).toEqual([])
    expect((await engine.get(id, ALICE, { historyLength: 1 })).history).toHaveLength(1)
    expect(await codeOf(list({ pageToken: 'mine' }))).toBe('invalid_request')
    expect(await codeOf(list({ pageToken: Buffer.from('["x","y"]').toString('base64url') }))).toBe('invalid_request')
  })
})

describe('bounds and endings', () => {
  test('takes no more tasks than it can hold, and takes more when one ends', async () => {
    const gates = [gate(), gate(), gate()]
    const engine = engineThat(async (turn) => gates[Number(textOf(turn.message.parts))]?.passed, { maxLiveTasks: 2 })
    const begin = (index: number) => engine.send({ ...hello({}, String(index)), returnImmediately: true }, ALICE, NEVER)
    await begin(0)
    const second = asTask(await begin(1))
    await expect(begin(2)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    gates[1]?.open()
    await eventually('the second ends', async () => (await engine.get(second.id, ALICE, {})).status.state === 'completed')
    expect(await codeOf(begin(2))).toBe('no error')
  })

  test('forgets tasks that ended long ago, and the oldest when they are too many', async () => {
    vi.useFakeTimers()
    const engine = engineThat(async () => undefined, { retainMs: 60_000, maxEndedTasks: 2 })
    const ids = [await engine.send(hello(), ALICE, NEVER), await engine.send(hello(), ALICE, NEVER), await engine.send(hello(), ALICE, NEVER)].map(
      (task) => asTask(task).id,
    )
    expect(await Promise.all(ids.map((id) => codeOf(engine.get(id, ALICE, {}))))).toEqual(['not_found', 'no error', 'no error'])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(await codeOf(engine.get(ids[2] ?? '', ALICE, {}))).toBe('not_found')
  })

  test('a question that nobody answers does not wait for ever', async () => {
    vi.useFakeTimers()
    const engine = engineThat(async (_turn, writer) => writer.inputRequired('?'), { waitMs: 60_000 })
    const { id } = asTask(await engine.send(hello(), ALICE, NEVER))
    await vi.advanceTimersByTimeAsync(120_000)
    expect(await engine.get(id, ALICE, {})).toMatchObject({
      status: { state: 'failed' },
      metadata: { [EXTENSIONS.failure]: { code: 'deadline_exceeded', retryable: false } },
    })
  })

  test('draining takes nothing new and waits for what runs; closing fails what is left, retryable', async () => {
    const { open, passed } = gate()
    const engine = engineThat(async (turn) => (textOf(turn.message.parts) === 'short' ? passed : untilStopped(turn)))
    const short = asTask(await engine.send({ ...hello({}, 'short'), returnImmediately: true }, ALICE, NEVER))
    let drained = false
    const draining = engine.drain(NEVER).then(() => (drained = true))
    expect(await codeOf(engine.send(hello(), ALICE, NEVER))).toBe('unavailable')
    expect(drained).toBe(false)
    open()
    await draining
    expect((await engine.get(short.id, ALICE, {})).status.state).toBe('completed')

    const other = engineThat(untilStopped)
    const long = asTask(await other.send({ ...hello(), returnImmediately: true }, ALICE, NEVER))
    await other.drain(AbortSignal.abort())
    await other.close()
    expect((await other.get(long.id, ALICE, {})).metadata).toMatchObject({ [EXTENSIONS.failure]: { code: 'unavailable', retryable: true } })
  })

  test('a turn runs in the context that its message came in by, even when it had to wait', async () => {
    const where = new AsyncLocalStorage<string>()
    const { open, passed } = gate()
    const seen: (string | undefined)[] = []
    const engine = engineThat(async (_turn, writer) => {
      seen.push(where.getStore())
      await passed
      writer.inputRequired('?')
    })
    const { id } = asTask(await where.run('one', () => engine.send({ ...hello(), returnImmediately: true }, ALICE, NEVER)))
    const second = where.run('two', () => engine.send(hello({ taskId: id }), ALICE, NEVER))
    open()
    await second
    expect(seen).toEqual(['one', 'two'])
  })
})

function engineThat(execute: Execute, options: Partial<TaskEngineOptions> = {}) {
  const engine = createTaskEngine({ executor: { execute }, telemetry: silent, ...options })
  onTestFinished(() => engine.close())
  return engine
}

async function untilStopped(turn: Turn): Promise<void> {
  await once(turn.signal, 'abort')
}

function hello(message: Partial<Message> = {}, text = 'hello'): SendRequest {
  return { message: { messageId: 'm', role: 'user', parts: [{ kind: 'text', text }], ...message }, returnImmediately: false }
}

/** Runs one message to its end: the events, the last of them, and the task as it then is. */
async function endOf(execute: Execute) {
  const engine = engineThat(execute)
  const events = await collect(engine.stream(hello(), ALICE, NEVER))
  const task = await engine.get(taskIn(events[0]).id, ALICE, {})
  return { events, last: events.at(-1), task, status: task.status }
}

async function onlyTaskOf(engine: ReturnType<typeof engineThat>): Promise<string> {
  return eventually('the task is there', async () => (await engine.list({ pageSize: 1, includeArtifacts: false }, ALICE)).tasks[0]?.id)
}

/** The numbers that a reader has, of the task it began with and of the events after it. */
function numbersOf(events: readonly StreamEvent[]): unknown[] {
  const parts = events.flatMap((event) =>
    event.type === 'task' ? event.task.artifacts.flatMap((artifact) => artifact.parts) : event.type === 'artifact' ? event.artifact.parts : [],
  )
  return parts.flatMap((part) => (part.kind === 'data' ? [part.data] : []))
}
