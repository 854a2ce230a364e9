import type { Message, Part, TaskWriter, Turn } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'
import { openTelemetry } from '@signalbox/telemetry'
import { describe, expect, test } from 'vitest'

import type { ModelEvent } from '../core/work-out.ts'
import { createReasoningExecutor, readAssignment } from './reasoning-executor.ts'

const CONTEXT = { kind: 'node-context', goal: 'Do bees sleep?', skill: 'reason', conversation: [{ role: 'user', text: 'Do bees sleep?' }] }
const INPUT = { kind: 'node-input', name: 'search', node: 'search', agent: 'rag', instruction: 'bees', text: 'Bees sleep.', data: [] }

describe('a message as an assignment', () => {
  test('is its text, its context and its inputs', () => {
    expect(readAssignment(message({ kind: 'text', text: ' Think. ' }, { kind: 'data', data: CONTEXT }, { kind: 'data', data: INPUT }))).toEqual({
      skill: 'reason',
      goal: 'Do bees sleep?',
      instruction: 'Think.',
      conversation: CONTEXT.conversation,
      inputs: [INPUT],
    })
  })

  test('of a plain question is to answer it', () => {
    expect(readAssignment(message({ kind: 'text', text: 'Do bees sleep?' }))).toEqual({
      skill: 'answer',
      goal: 'Do bees sleep?',
      instruction: 'Do bees sleep?',
      conversation: [],
      inputs: [],
    })
  })

  test('takes its skill from the message’s metadata where there is no context', () => {
    expect(readAssignment({ ...message({ kind: 'text', text: 'Think.' }), metadata: { skill: 'reason' } }).skill).toBe('reason')
  })

  test('passes over data that is not ours', () => {
    expect(readAssignment(message({ kind: 'text', text: 'Think.' }, { kind: 'data', data: { kind: 'weather' } }, { kind: 'data', data: [1] })).inputs).toEqual(
      [],
    )
  })

  test.each([
    ['without words', message({ kind: 'data', data: CONTEXT }), /no text part/],
    [
      'with an input that is none',
      message({ kind: 'text', text: 'Think.' }, { kind: 'data', data: { kind: 'node-input', name: 7 } }),
      /node-input part is not one: name/,
    ],
    [
      'with a context that is none',
      message({ kind: 'text', text: 'Think.' }, { kind: 'data', data: { kind: 'node-context', goal: 'x' } }),
      /node-context part is not one/,
    ],
    ['for a skill that is not there', { ...message({ kind: 'text', text: 'Think.' }), metadata: { skill: 'dance' } }, /no skill 'dance' here/],
  ])('%s is refused', (_name, refused, words) => {
    expect(() => readAssignment(refused)).toThrow(words)
  })
})

describe('the executor', () => {
  test('streams text, then citations, then the end with what it cost', async () => {
    const written = await execute([{ type: 'text', text: 'Yes.' }, END])
    expect(written).toEqual([
      ['working'],
      ['text', 'Yes.'],
      ['artifact', 'citations', { kind: 'citations', citations: [] }],
      ['complete', { metadata: { [EXTENSIONS.usage]: END.usage } }],
    ])
  })

  test('tells what the model is thinking, now and then', async () => {
    const written = await execute([
      { type: 'reasoning', text: 'I weigh the bees. ' },
      { type: 'reasoning', text: 'And the ants. ' },
      { type: 'text', text: 'Yes.' },
      END,
    ])
    expect(written.slice(0, 3)).toEqual([['working'], ['working', 'I weigh the bees.'], ['text', 'Yes.']])
  })

  test('fails with the upstream’s code, whether to try again, and what it cost', async () => {
    const written = await execute([
      { type: 'text', text: 'Half' },
      { ...END, finishReason: 'length' },
    ])
    expect(written.at(-1)).toEqual([
      'fail',
      { code: 'upstream_invalid', message: expect.stringContaining('token limit') as string, retryable: false, metadata: { [EXTENSIONS.usage]: END.usage } },
    ])
  })

  test('leaves the end of an aborted turn to whoever aborted it', async () => {
    await expect(
      execute(
        [
          { type: 'text', text: 'Half' },
          { ...END, finishReason: 'length' },
        ],
        AbortSignal.abort(),
      ),
    ).rejects.toMatchObject({ code: 'upstream_invalid' })
  })
})

const END = { type: 'end', usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, cost_usd: null }, finishReason: 'stop' } satisfies ModelEvent

async function execute(events: readonly ModelEvent[], signal = AbortSignal.timeout(10_000)): Promise<unknown[][]> {
  const model = {
    async *stream(): AsyncGenerator<ModelEvent> {
      yield* events
    },
  }
  const { writer, written } = recordingWriter()
  const executor = createReasoningExecutor({ model, telemetry: openTelemetry({ service: 'test', level: 'silent' }), maxPromptChars: 10_000 })
  await executor.execute(turn(message({ kind: 'text', text: 'Do bees sleep?' }), signal), writer)
  return written
}

function message(...parts: Part[]): Message {
  return { messageId: 'm1', role: 'user', parts }
}

function turn(asked: Message, signal: AbortSignal): Turn {
  const task = { id: 't1', contextId: 'c1', status: { state: 'submitted' as const, timestamp: '2026-01-01T00:00:00Z' }, artifacts: [], history: [] }
  return { taskId: 't1', contextId: 'c1', message: asked, task, caller: { owner: 'test' }, signal }
}

function recordingWriter(): { writer: TaskWriter; written: unknown[][] } {
  const written: unknown[][] = []
  const note =
    (name: string) =>
    (...given: unknown[]): void =>
      void written.push([name, ...given])
  const writer: TaskWriter = {
    working: note('working'),
    text: note('text'),
    complete: note('complete'),
    fail: note('fail'),
    inputRequired: note('inputRequired'),
    authRequired: note('authRequired'),
    describe: note('describe'),
    artifact: ({ artifactId, parts: [part] }) => void written.push(['artifact', artifactId, part?.kind === 'data' ? part.data : part]),
  }
  return { writer, written }
}
