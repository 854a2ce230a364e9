import { dataOf, INTERRUPTED_STATES, textOf, TERMINAL_STATES, type Artifact, type Metadata, type StreamEvent, type Task, type TaskStatus } from '@signalbox/a2a'
import {
  agentAsksSchema,
  APPROVAL_LIMITS,
  contextNameSchema,
  EXTENSIONS,
  hashOf,
  toCanonicalJson,
  usageSchema,
  type NodeOutput,
  type Usage,
} from '@signalbox/contracts'
import { AppError, isErrorCode } from '@signalbox/errors'
import { z } from 'zod'

import { UNDESCRIBED, UNSAID } from '../core/approvals/waiting.ts'
import type { NodeSignal, NodeWait } from '../core/ports.ts'

const MAX_TEXT = 1_000_000
const MAX_DATA_PARTS = 1_024

const failureSchema = z.looseObject({ code: z.string(), retryable: z.boolean().default(false) })
const putsSchema = z.array(z.object({ name: contextNameSchema, value: z.json() })).max(64)

/**
 * An agent's stream as the core's own signals, with the end last, or that it waits for people. The stream is
 * read out after an end even so: leaving it early would cost its connection. `replied` says that the stream
 * comes of a reply: the task as it stood before that is no news of what it waits for.
 *
 * @throws AppError for a task that did not end well.
 */
export async function* hearStream(events: AsyncIterable<StreamEvent>, replied = false): AsyncGenerator<NodeSignal> {
  const artifacts = createArtifacts()
  let end: Ended | undefined
  for await (const event of events) {
    // What is said after the end is not part of it.
    if (end) continue
    if (event.type === 'message') {
      yield { type: 'delta', text: textOf(event.message.parts) }
      return yield { type: 'end', output: checked(event.message), usage: undefined }
    }
    if (event.type === 'task') {
      yield { type: 'task', taskId: event.task.id }
      for (const artifact of event.task.artifacts) yield* artifacts.add(artifact, { append: false, lastChunk: false })
      if (isOver(event.task.status) && !(replied && INTERRUPTED_STATES.has(event.task.status.state)))
        end = { status: event.task.status, metadata: event.task.metadata, task: event.task }
    }
    if (event.type === 'artifact') yield* artifacts.add(event.artifact, event)
    if (event.type === 'status') {
      if (isOver(event.status)) end = { status: event.status, metadata: event.metadata, task: { id: event.taskId } }
      else yield* heardMeanwhile(event.status, event.metadata)
    }
    // A task that waits for somebody keeps its stream open; who waits with it is the session.
    if (end && !TERMINAL_STATES.has(end.status.state)) break
  }
  if (!end) throw new AppError('upstream_invalid', 'The agent stopped without saying how its task ended.')
  yield* artifacts.close()
  const usage = readUsage(end.metadata)
  // What came of a try that ends well comes with what it cost; one that fails has cost it all the same.
  if (usage && TERMINAL_STATES.has(end.status.state) && end.status.state !== 'completed') yield { type: 'usage', usage }
  if (INTERRUPTED_STATES.has(end.status.state)) yield { type: 'wait', wait: waitOf(end), usage }
  else yield { type: 'end', output: outputOf(end, artifacts.all()), usage }
}

interface Ended {
  status: TaskStatus
  metadata: Metadata | undefined
  task: Pick<Task, 'id'>
}

function isOver({ state }: TaskStatus): boolean {
  return TERMINAL_STATES.has(state) || INTERRUPTED_STATES.has(state)
}

/** What an agent waits for, in our words. @throws AppError for more than people can be asked. One that says no more than that it needs an authorization is asked about in its own. */
export function waitOf({ status, metadata, task }: Ended): NodeWait {
  const statement = textOf(status.message?.parts ?? []).slice(0, APPROVAL_LIMITS.statement)
  if (status.state === 'input-required') return { type: 'question', text: statement || UNSAID }
  // Whoever only fetches the task finds it with the status's message.
  const said = agentAsksSchema.safeParse(metadata?.[EXTENSIONS.approval] ?? status.message?.metadata?.[EXTENSIONS.approval])
  if (said.success) {
    const bytes = said.data.asks.reduce((sum, { action }) => sum + Buffer.byteLength(toCanonicalJson(action.args)), 0)
    if (bytes > APPROVAL_LIMITS.argsBytes)
      throw new AppError('agent_failed', `The agent asks to approve more than ${APPROVAL_LIMITS.argsBytes} bytes of arguments.`)
    return { type: 'asks', asks: said.data.asks, statement }
  }
  const title = statement.split('\n')[0]?.trim().slice(0, APPROVAL_LIMITS.title) || 'Something that it does not describe'
  const args = { task: task.id, statement }
  const action = { type: UNDESCRIBED, title, args, side_effects: [], reversible: null, secrets: [] }
  return { type: 'asks', asks: [{ ref: toVagueRef(hashOf(args)), action, editable: false }], statement }
}

/** How an ask is named that its agent does not describe, by the hash of what stands for its arguments. */
export function toVagueRef(hash: string): string {
  return hash.slice(0, 16)
}

function* heardMeanwhile(status: TaskStatus, metadata: Metadata | undefined): Generator<NodeSignal> {
  if (status.message) yield { type: 'progress', text: textOf(status.message.parts) }
  const usage = readUsage(metadata)
  if (usage) yield { type: 'usage', usage }
  const put = putsSchema.safeParse(metadata?.[EXTENSIONS.context])
  if (put.success) yield { type: 'context', put: put.data }
}

/** Artifacts as they grow. One is whole when its agent says so, or begins another, or has ended. */
function createArtifacts(): {
  add(artifact: Artifact, how: { append: boolean; lastChunk: boolean }): Generator<NodeSignal>
  close(): Generator<NodeSignal>
  all(): Artifact[]
} {
  const artifacts = new Map<string, Artifact>()
  const told = new Set<string>()
  let open: string | undefined
  let length = 0

  function* finish(): Generator<NodeSignal> {
    const artifact = open === undefined ? undefined : artifacts.get(open)
    open = undefined
    // One that grows after it was whole is not a second one.
    if (!artifact || told.has(artifact.artifactId)) return
    told.add(artifact.artifactId)
    yield { type: 'artifact', artifact: { text: textOf(artifact.parts), data: dataOf(artifact.parts) } }
  }

  return {
    *add(artifact, { append, lastChunk }) {
      if (open !== artifact.artifactId) yield* finish()
      open = artifact.artifactId
      const existing = artifacts.get(artifact.artifactId)
      if (existing && append) existing.parts.push(...artifact.parts)
      else artifacts.set(artifact.artifactId, { ...artifact, parts: [...artifact.parts] })
      const text = textOf(artifact.parts)
      length += text.length
      if (length > MAX_TEXT) throw tooLong()
      yield { type: 'delta', text }
      if (lastChunk) yield* finish()
    },
    close: finish,
    all: () => [...artifacts.values()],
  }
}

function outputOf({ status, metadata }: Ended, made: readonly Artifact[]): NodeOutput {
  const words = textOf(status.message?.parts ?? [])
  if (status.state === 'completed') {
    const text = made
      .map(({ parts }) => textOf(parts))
      .filter((part) => part !== '')
      .join('\n\n')
    return checked({ parts: [{ kind: 'text', text: text || words }, ...made.flatMap(({ parts }) => parts.filter(({ kind }) => kind === 'data'))] })
  }
  const failure = failureSchema.safeParse(metadata?.[EXTENSIONS.failure])
  const code = failure.success && isErrorCode(failure.data.code) ? failure.data.code : 'agent_failed'
  throw new AppError(code, (words || `The agent's task ended as ${status.state}.`).slice(0, 500), {
    retryable: failure.success ? failure.data.retryable : false,
  })
}

function checked({ parts }: Pick<Artifact, 'parts'>): NodeOutput {
  const output = { text: textOf(parts), data: dataOf(parts) }
  if (output.text.length > MAX_TEXT) throw tooLong()
  if (output.data.length > MAX_DATA_PARTS) throw new AppError('agent_failed', `The agent sent more than ${MAX_DATA_PARTS} data parts.`)
  return output
}

function tooLong(): AppError {
  return new AppError('agent_failed', `The agent's text is longer than ${MAX_TEXT} characters.`)
}

function readUsage(metadata: Metadata | undefined): Usage | undefined {
  const parsed = usageSchema.safeParse(metadata?.[EXTENSIONS.usage])
  return parsed.success ? parsed.data : undefined
}
