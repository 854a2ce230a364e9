import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { TaskWriter } from '../agent.ts'
import { codeOf, silent } from '../fixtures/agent.ts'
import type { StreamEvent, Task } from '../model.ts'
import { applyChange, copyTask } from './apply-change.ts'
import { createTaskEngine } from './create-task-engine.ts'

/**
 * Whatever an executor writes, whenever readers come, leave and come back, however slowly they read:
 *
 * 1. every reader who stays ends with the same task, and it is the one that the engine fetches;
 * 2. events are numbered without gaps, and all readers see the same event under the same number;
 * 3. nothing follows a terminal state.
 */
type Step =
  | { do: 'write'; write: (writer: TaskWriter) => void }
  | { do: 'subscribe'; pace: number }
  | { do: 'resume'; pace: number }
  | { do: 'leave' }
  | { do: 'let everything run' }

const ids = fc.constantFrom('answer', 'a', 'b')
const part = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: fc.string({ maxLength: 4 }) }),
  fc.record({ kind: fc.constant('data' as const), data: fc.oneof(fc.integer(), fc.constant(null), fc.record({ x: fc.boolean() })) }),
)
const write = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.string({ maxLength: 5 }), ids).map(
      ([text, id]) =>
        (writer: TaskWriter) =>
          writer.text(text, id),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(ids, fc.array(part, { minLength: 1, maxLength: 3 }), fc.boolean()).map(
      ([artifactId, parts, append]) =>
        (writer: TaskWriter) =>
          writer.artifact({ artifactId, parts, metadata: { append } }, { append }),
    ),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 5 }).map((text) => (writer: TaskWriter) => writer.working(text)) },
  { weight: 1, arbitrary: fc.constant((writer: TaskWriter) => writer.describe({ seen: true })) },
  { weight: 1, arbitrary: fc.constant((writer: TaskWriter) => writer.authRequired('may I?')) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: write.map((each): Step => ({ do: 'write', write: each })) },
  { weight: 2, arbitrary: fc.nat(3).map((pace): Step => ({ do: 'subscribe', pace })) },
  { weight: 1, arbitrary: fc.nat(3).map((pace): Step => ({ do: 'resume', pace })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'leave' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'let everything run' }) },
)
const ending = fc.constantFrom<((writer: TaskWriter) => void)[]>(
  (writer) => writer.complete({ metadata: { cost: 1 } }),
  (writer) => writer.fail({ code: 'agent_failed', message: 'no' }),
  () => {
    throw new Error('unforeseen')
  },
  // Returning without an end completes a task that works.
  (writer) => writer.working(),
)

test('every reader ends with the same task, whatever was written and whenever they came', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), ending, run), { numRuns: 300 })
})

async function run(steps: readonly Step[], end: (writer: TaskWriter) => void): Promise<void> {
  const owner = { owner: 'o' }
  const readers: Reader[] = []
  const begun = Promise.withResolvers<string>()
  const engine = createTaskEngine({
    telemetry: silent,
    executor: {
      async execute(turn, writer) {
        begun.resolve(turn.taskId)
        await breathe()
        for (const each of steps) {
          if (each.do === 'write') each.write(writer)
          if (each.do === 'subscribe') readers.push(read(engine.subscribe(turn.taskId, owner, NEVER), each.pace))
          if (each.do === 'resume') resume(turn.taskId, each.pace)
          if (each.do === 'leave') readers.pop()?.leave()
          if (each.do === 'let everything run') await breathe()
        }
        end(writer)
      },
    },
  })
  /** A reader whose line broke, and who takes up after what it had. */
  const resume = (id: string, pace: number): void => {
    const had = readers.pop()?.leave()
    if (had) readers.push(read(engine.subscribe(id, owner, NEVER, { after: had.seen }), pace, had.task))
  }

  const first = read(
    engine.stream({ message: { messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'go' }] }, returnImmediately: false }, owner, NEVER),
    0,
  )
  const id = await begun.promise
  const results = [await first.whole, ...(await Promise.all(readers.map(({ whole }) => whole)))]
  const fetched = comparable(await engine.get(id, owner, {}))
  const numbered = new Map<number, string>()
  for (const { task, events } of results) {
    expect(comparable(task)).toEqual(fetched)
    for (const { seq = -1, ...event } of events) {
      const text = JSON.stringify(event)
      expect(numbered.get(seq) ?? text).toBe(text)
      numbered.set(seq, text)
    }
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => (events[0]?.seq ?? 0) + index))
    expect(events.filter((event) => event.type === 'status' && ['completed', 'failed'].includes(event.status.state))).toHaveLength(1)
  }
  expect(await codeOf(engine.cancel(id, owner))).toBe('conflict')
  await engine.close()
}

type Change = Exclude<StreamEvent, { type: 'task' | 'message' }> & { seq?: number }

interface Reader {
  whole: Promise<{ task: Task; events: Change[] }>
  /** Stops at once; what it has by then is what it has. */
  leave(): { task: Task; seen: number } | undefined
}

/** Rebuilds the task from what it reads, as slowly as `pace` says. One that takes up keeps the task that it has. */
function read(stream: AsyncIterable<StreamEvent>, pace: number, known?: Task): Reader {
  let left = false
  let task = known
  let seen = 0
  const events: Change[] = []
  const reading = async () => {
    for await (const event of stream) {
      if (left) break
      if (event.type === 'message') throw new Error('the engine answers with tasks')
      seen = event.seq ?? -1
      if (event.type === 'task') {
        task ??= copyTask(event.task)
      } else if (task) {
        applyChange(task, event)
        events.push(event)
      }
      for (let turn = 0; turn < pace; turn += 1) await breathe()
    }
    if (!task) throw new Error('the stream began without a task')
    return { task, events }
  }
  const whole = reading()
  whole.catch(() => undefined)
  return {
    whole,
    leave() {
      left = true
      return task && { task: copyTask(task), seen }
    },
  }
}

/** Without what no event carries: the history of messages, and what `describe` set. */
function comparable({ history: _history, metadata, ...task }: Task): object {
  const { seen: _seen, ...rest } = metadata ?? {}
  return { ...task, metadata: rest }
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const NEVER = new AbortController().signal
