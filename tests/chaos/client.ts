import { fromWireError, type StreamEvent, type Task } from '@signalbox/a2a'
import {
  EXTENSIONS,
  MANAGEMENT_PATHS,
  SERVICE_HEADERS,
  sessionEventPageSchema,
  sessionEventSchema,
  sessionViewSchema,
  TERMINAL_STATUSES,
  type SessionEvent,
  type SessionView,
} from '@signalbox/contracts'
import type { ErrorCode } from '@signalbox/errors'
import { eventually } from '@signalbox/testing'

import type { House } from './house.ts'
import type { Replica } from './replica.ts'

/** Whose sessions these are. */
export const OWNER = 'chaos'

const ASK_MS = 5_000
const PAGE = 1_000

/** Asks one replica, once, for a session. Answers its id as soon as that is acknowledged. @throws AppError */
export async function submitTo(replica: Replica, goal: string, key: string): Promise<string> {
  for await (const event of streamFrom(replica, goal, key, AbortSignal.timeout(ASK_MS))) if (event.type === 'task') return event.task.id
  throw new Error('the stream ended without a task')
}

/** Asks for a session as a patient client would: anew under the same key, of whichever replica is there, until one acknowledges it. */
export function submit(house: House, goal: string, key: string): Promise<string> {
  return fromAny(house, `the session ${key} is acknowledged`, (replica) => submitTo(replica, goal, key))
}

/** Asks for a session and stays on the line. */
export function streamFrom(replica: Replica, goal: string, key: string, signal: AbortSignal): AsyncIterable<StreamEvent> {
  return replica.connection.stream({ parts: [{ kind: 'text', text: goal }] }, { signal, owner: OWNER, idempotencyKey: key })
}

/** Follows a session that is under way, from after the event numbered `after`. */
export function subscribeAt(replica: Replica, id: string, after: number, signal: AbortSignal): AsyncIterable<StreamEvent> {
  return replica.connection.subscribe(id, { signal, owner: OWNER, after })
}

/** The session's events that a stream carries. */
export async function* eventsIn(stream: AsyncIterable<StreamEvent>): AsyncGenerator<SessionEvent> {
  for await (const event of stream) {
    const metadata = event.type === 'status' ? event.metadata : event.type === 'artifact' ? event.artifact.metadata : undefined
    const told = metadata?.[EXTENSIONS.sessionEvents]
    if (told !== undefined) yield sessionEventSchema.parse(told)
  }
}

/** The session as any replica that is up shows it. */
export function look(house: House, id: string): Promise<SessionView> {
  return fromAny(house, `session ${id} can be seen`, async (replica) => viewOf(await replica.connection.getTask(id, { ...callOptions() })))
}

/** The session when it is over. */
export function untilOver(house: House, id: string, withinMs = 45_000): Promise<SessionView> {
  return eventually(
    `session ${id} is over`,
    async () => {
      const view = await look(house, id)
      return TERMINAL_STATUSES.has(view.status) && view
    },
    withinMs,
  ).catch(async (error: Error) => {
    const { status, nodes, last_seq, error: fault } = await look(house, id)
    const states = Object.entries(nodes).map(([node, { state }]) => `${node} ${state}`)
    throw new Error(`${error.message}; it is ${status} at event ${last_seq}: ${states.join(', ')} ${JSON.stringify(fault)}`)
  })
}

/** All that a session did so far. */
export async function logOf(house: House, id: string): Promise<SessionEvent[]> {
  const log: SessionEvent[] = []
  for (;;) {
    const after = log.at(-1)?.seq ?? 0
    const page = await fromAny(house, `the events of ${id} can be read`, async (replica) => {
      const response = await ask(replica, 'GET', `${MANAGEMENT_PATHS.sessions}/${id}/events?after=${after}&limit=${PAGE}`)
      return response.ok && sessionEventPageSchema.parse(await response.json()).data
    })
    log.push(...page)
    if (page.length < PAGE) return log
  }
}

/** Tells a session something. Answers `ok`, or the code of the error that was answered. */
export async function tell(replica: Replica, id: string, what: 'pause' | 'resume'): Promise<'ok' | ErrorCode> {
  return codeOf(await ask(replica, 'POST', `${MANAGEMENT_PATHS.sessions}/${id}/${what}`))
}

/** What an answer of the management API says of how it went. */
export async function codeOf(response: Response): Promise<'ok' | ErrorCode> {
  const body = (await response.json()) as { error?: unknown }
  return response.ok ? 'ok' : fromWireError(body.error).code
}

/** One call of a replica's management API, as the owner. */
export function ask(replica: Replica, method: string, path: string): Promise<Response> {
  return fetch(`${replica.url}${path}`, { method, headers: { [SERVICE_HEADERS.owner]: OWNER }, signal: AbortSignal.timeout(ASK_MS) })
}

export function callOptions(): { signal: AbortSignal; owner: string } {
  return { signal: AbortSignal.timeout(ASK_MS), owner: OWNER }
}

export function viewOf(task: Task): SessionView {
  return sessionViewSchema.parse(task.metadata?.[EXTENSIONS.session])
}

/** Asks one replica after the other, for as long as none answers. */
function fromAny<Answer>(house: House, what: string, question: (replica: Replica) => Promise<Answer | false>): Promise<Exclude<Answer, undefined | false>> {
  return eventually(
    what,
    async () => {
      const replica = house.nextUp()
      return replica && question(replica).catch(() => undefined)
    },
    30_000,
  )
}
