import { setTimeout as pause } from 'node:timers/promises'

import { dataOf, findData, type AgentExecutor, type Json, type Message, type Part, type TaskWriter, type Turn } from '@signalbox/a2a'
import { EXTENSIONS, nodeContextSchema, nodeInputSchema, type NodeContext, type PutContextPart, type ReplanRequestPart, type Usage } from '@signalbox/contracts'

import type { Said } from '../core/asking/stand-of.ts'
import type { MockBehaviour } from '../core/behaviour.ts'
import { makeMockContent, splitText, type MockAgent, type MockContent } from '../core/mock-content.ts'
import type { Executions } from './executions.ts'
import { converse } from './converse.ts'
import { readOrders } from './mock-behaviour.ts'
import { toSaid } from './to-said.ts'

export interface MockExecutorOptions {
  agent: MockAgent
  /** What it is called; voters of one kind differ by it. */
  name: string
  /** The skill of a message that names none. */
  firstSkill: string
  behaviour: MockBehaviour
  executions: Executions
}

/** What an executor works on: the message that a task began with, how it is to be treated, and what was said since. */
interface Job {
  behaviour: MockBehaviour
  instruction: string
  message: Message
  said: readonly Said[]
  context: NodeContext | undefined
  signal: AbortSignal
  writer: TaskWriter
}

/** Does as it is told: waits, fails, hangs, lies, spends, or returns its made-up content in pieces. */
export function createMockExecutor(options: MockExecutorOptions): AgentExecutor {
  return {
    async execute(turn, writer) {
      await options.executions.run(turn.caller.idempotencyKey ?? turn.message.messageId, turn.signal, (attempt) =>
        work(options, toJob(options, turn, writer), attempt),
      )
    },
  }
}

/** A task that asked goes on by another message; what it is asked to do stands in its first. */
function toJob({ behaviour }: MockExecutorOptions, { message: latest, task, signal }: Turn, writer: TaskWriter): Job {
  const [message = latest, ...later] = [...task.history, latest].filter(({ role }) => role === 'user')
  const context = findData(message.parts, (data: Json) => nodeContextSchema.safeParse(data).data)
  return { ...readOrders(behaviour, message), message, said: later.map(toSaid), context, signal, writer }
}

async function work(options: MockExecutorOptions, job: Job, attempt: number): Promise<void> {
  const { behaviour, writer, said } = job
  if (said.length === 0 && !(await begin(options, job, attempt))) return
  const outcome = await converse(job, options.executions)
  if (outcome.type === 'waits') return
  if (outcome.type === 'failed') return writer.fail({ code: 'agent_failed', message: outcome.message, retryable: false, metadata: usageOf(behaviour) })
  if (behaviour.garbage) writeGarbage(writer)
  else if (behaviour.lie !== 'empty') await writeContent(options, job, outcome.text)
  writer.complete({ metadata: usageOf(behaviour) })
}

/** What comes before anybody is asked anything. Answers whether there is more to do. */
async function begin(options: MockExecutorOptions, job: Job, attempt: number): Promise<boolean> {
  const { behaviour, writer, signal } = job
  const early = behaviour.put.filter((put) => put.early).map(({ name, value }) => ({ name, value }))
  writer.working(`${options.name} is pretending to work`, early.length > 0 ? { [EXTENSIONS.context]: early } : undefined)
  // A list that comes item by item waits before each of them instead.
  if (behaviour.spend) await spend(job)
  else if (!(behaviour.list && behaviour.stream)) await wait(behaviour.delay_ms, signal)
  if (behaviour.hang) await hang(signal)
  const failure = failureOf(job, attempt)
  if (failure === undefined) return true
  const { fail_retryable: retryable } = behaviour
  writer.fail({ code: retryable ? 'unavailable' : 'agent_failed', message: failure, retryable, metadata: usageOf(behaviour) })
  return false
}

function failureOf({ behaviour, message, instruction }: Job, attempt: number): string | undefined {
  if (behaviour.fail_times === -1 || attempt <= behaviour.fail_times) return `Mock failure of attempt ${attempt}.`
  const given = [instruction, ...dataOf(message.parts).flatMap((data) => inputTextsOf(data))].join('\n')
  const cause = behaviour.fail_if.find((words) => holdsWords(given, words))
  return cause === undefined ? undefined : `Mock failure over “${cause}”.`
}

function inputTextsOf(data: Json): string[] {
  const input = nodeInputSchema.safeParse(data).data
  return input ? [input.text, ...input.data.map((item) => JSON.stringify(item))] : []
}

/** `item 2` is in `the item 2.` and not in `item 20`. */
function holdsWords(text: string, words: string): boolean {
  const escaped = words.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${escaped}(?![\p{L}\p{N}])`, 'iu').test(text)
}

const SPENDING_STEPS = 4

/** Tells what it has spent so far in four steps over its delay, as an agent between its model calls would. */
async function spend({ behaviour, writer, signal }: Job): Promise<void> {
  for (let step = 1; step <= SPENDING_STEPS; step++) {
    await wait(behaviour.delay_ms / SPENDING_STEPS, signal)
    const usage = toUsage(behaviour.spend, step / SPENDING_STEPS)
    writer.working(`${usage.total_tokens} tokens spent`, { [EXTENSIONS.usage]: usage })
  }
}

function usageOf({ spend: spent }: MockBehaviour): Record<string, Usage> {
  return { [EXTENSIONS.usage]: toUsage(spent, 1) }
}

/** What nothing was spent on costs nothing; tokens without a price are tokens of an unknown price. */
function toUsage(spent: MockBehaviour['spend'], share: number): Usage {
  const tokens = Math.round((spent?.tokens ?? 0) * share)
  const cost = spent ? spent.usd && spent.usd * share : 0
  return { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens, cost_usd: cost }
}

/** `told` is what came of asking people, where somebody was asked. */
async function writeContent(options: MockExecutorOptions, job: Job, told: string | undefined): Promise<void> {
  const { behaviour, writer, signal } = job
  if (behaviour.list && behaviour.stream) await writeItems(behaviour.list, job)
  else {
    const content = told === undefined ? contentOf(options, job) : { text: behaviour.say === null ? told : `${told}\n${behaviour.say}` }
    const artifactId = content.passages ? 'passages' : 'answer'
    // Twice the same pieces would be a longer text; twice the same artifact is the same result again.
    if (behaviour.twice) for (let time = 0; time < 2; time++) writer.artifact({ artifactId, parts: [{ kind: 'text', text: content.text }] })
    else {
      for (const piece of splitText(content.text, behaviour.chunks)) {
        await wait(behaviour.chunk_delay_ms, signal)
        writer.text(piece, artifactId)
      }
    }
    if (content.passages) writer.artifact({ artifactId, parts: [toPart(content.passages)] }, { append: true, lastChunk: true })
    if (content.citations) writer.artifact({ artifactId: 'citations', parts: [toPart(content.citations)] })
    if (behaviour.list) writer.artifact({ artifactId: 'list', parts: [{ kind: 'data', data: behaviour.list }] })
  }
  writeRequests(behaviour, writer)
}

async function writeItems(items: readonly string[], { behaviour, writer, signal }: Job): Promise<void> {
  for (const [index, text] of items.entries()) {
    await wait(behaviour.delay_ms, signal)
    writer.artifact({ artifactId: `item-${index + 1}`, parts: [{ kind: 'text', text }] }, { lastChunk: true })
  }
}

/** What it wants of whoever runs the plan. */
function writeRequests({ put, replan }: MockBehaviour, writer: TaskWriter): void {
  const puts = put.filter(({ early }) => !early).map(({ name, value }): PutContextPart => ({ kind: 'put-context', name, value }))
  const requests: (PutContextPart | ReplanRequestPart)[] = [...puts, ...(replan === null ? [] : [{ kind: 'replan-request' as const, reason: replan }])]
  if (requests.length > 0) writer.artifact({ artifactId: 'requests', parts: requests.map(toPart) })
}

function contentOf({ agent, name, firstSkill }: MockExecutorOptions, { behaviour, instruction, message, context }: Job): MockContent {
  if (behaviour.say !== null) return { text: behaviour.say }
  if (behaviour.get.length > 0) return { text: behaviour.get.map((wanted) => tellShared(context, wanted)).join('\n') }
  if (behaviour.list) return { text: behaviour.list.join('\n') }
  const skill = message.metadata?.['skill']
  const inputs = dataOf(message.parts).filter((data) => nodeInputSchema.safeParse(data).success).length
  return makeMockContent(agent, { name, instruction, skill: context?.skill ?? (typeof skill === 'string' ? skill : firstSkill), inputs })
}

function tellShared(context: NodeContext | undefined, name: string): string {
  const value = context?.context?.[name]
  if (value === undefined) return `nothing is shared as ${name}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function toPart(data: object): Part {
  return { kind: 'data', data: data as Json }
}

/** Right in the envelope, wrong in every letter: data parts that claim a kind and do not keep to it. */
function writeGarbage(writer: TaskWriter): void {
  writer.artifact({
    artifactId: 'passages',
    parts: [
      { kind: 'data', data: { kind: 'passages', query: 7, passages: 'none' } },
      { kind: 'data', data: { kind: 'put-context', name: '../etc', value: null } },
      { kind: 'data', data: { kind: 'replan-request', reason: [] } },
      { kind: 'data', data: ['\u0000', null, { citations: -1 }] },
      { kind: 'text', text: '\uFFFD\uFFFD<|end|>{"kind":' },
    ],
  })
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await pause(ms, undefined, { signal })
}

async function hang(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
}
