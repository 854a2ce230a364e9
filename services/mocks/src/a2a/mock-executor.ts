import { setTimeout as pause } from 'node:timers/promises'

import { findData, dataOf, textOf, type AgentExecutor, type Json, type Message, type TaskWriter, type Turn } from '@signalbox/a2a'
import { EXTENSIONS, NO_USAGE, nodeContextSchema, nodeInputSchema } from '@signalbox/contracts'

import { makeMockContent, splitText, type MockAgent, type MockRequest } from '../core/mock-content.ts'
import type { Executions } from './executions.ts'
import { readBehaviour, type MockBehaviour } from './mock-behaviour.ts'

export interface MockExecutorOptions {
  agent: MockAgent
  /** The skill of a message that names none. */
  firstSkill: string
  behaviour: MockBehaviour
  executions: Executions
}

/** Does as it is told: waits, fails, hangs, talks nonsense, or returns its made-up content in pieces. */
export function createMockExecutor(options: MockExecutorOptions): AgentExecutor {
  return {
    async execute(turn, writer) {
      const behaviour = readBehaviour(options.behaviour, turn.message.metadata)
      const attempt = options.executions.count(turn.caller.idempotencyKey ?? turn.message.messageId)
      writer.working(`mock ${options.agent} is pretending to work`)
      await wait(behaviour.delay_ms, turn.signal)
      if (behaviour.hang) await hang(turn.signal)
      if (behaviour.fail_times === -1 || attempt <= behaviour.fail_times) {
        return writer.fail({
          code: behaviour.fail_retryable ? 'unavailable' : 'agent_failed',
          message: `Mock failure of attempt ${attempt}.`,
          retryable: behaviour.fail_retryable,
        })
      }
      if (behaviour.garbage) writeGarbage(writer)
      else await writeContent(options, behaviour, turn, writer)
      writer.complete({ metadata: { [EXTENSIONS.usage]: NO_USAGE } })
    },
  }
}

async function writeContent(options: MockExecutorOptions, behaviour: MockBehaviour, { message, signal }: Turn, writer: TaskWriter): Promise<void> {
  const request = readRequest(message, options.firstSkill)
  const content = makeMockContent(options.agent, request)
  const artifactId = content.passages ? 'passages' : 'answer'
  for (const piece of splitText(content.text, behaviour.chunks)) {
    await wait(behaviour.chunk_delay_ms, signal)
    writer.text(piece, artifactId)
  }
  if (content.passages) writer.artifact({ artifactId, parts: [{ kind: 'data', data: content.passages }] }, { append: true, lastChunk: true })
  if (content.citations)
    writer.artifact({
      artifactId: 'citations',
      parts: [{ kind: 'data', data: content.citations }],
    })
}

/** Right in the envelope, wrong in every letter: data parts that claim a kind and do not keep to it. */
function writeGarbage(writer: TaskWriter): void {
  writer.artifact({
    artifactId: 'passages',
    parts: [
      { kind: 'data', data: { kind: 'passages', query: 7, passages: 'none' } },
      { kind: 'data', data: ['\u0000', null, { citations: -1 }] },
      { kind: 'text', text: '\uFFFD\uFFFD<|end|>{"kind":' },
    ],
  })
}

function readRequest(message: Message, firstSkill: string): MockRequest {
  const context = findData(message.parts, (data: Json) => nodeContextSchema.safeParse(data).data)
  const named = message.metadata?.['skill']
  return {
    instruction: textOf(message.parts),
    skill: context?.skill ?? (typeof named === 'string' ? named : firstSkill),
    inputs: dataOf(message.parts).filter((data) => nodeInputSchema.safeParse(data).success).length,
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await pause(ms, undefined, { signal })
}

async function hang(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
}
