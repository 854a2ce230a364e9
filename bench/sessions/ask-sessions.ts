import type { AgentConnection, StreamEvent } from '@signalbox/a2a'
import { EXTENSIONS, sessionEventSchema, type SessionEvent } from '@signalbox/contracts'

export const call = () => ({ signal: AbortSignal.timeout(120_000) })

/** Runs one session to its end. Answers how many of its nodes completed. @throws where it did not end well: a session that fails fast is not a fast session. */
export async function runSession(connection: AgentConnection, goal: string): Promise<number> {
  let last: SessionEvent | undefined
  let completed = 0
  for await (const event of eventsIn(connection.stream({ parts: [{ kind: 'text', text: goal }] }, call()))) {
    last = event
    if (event.type === 'node.completed') completed += 1
  }
  if (last?.type !== 'session.completed') throw new Error(`a session did not end well: ${JSON.stringify(last).slice(0, 500)}`)
  return completed
}

/** Begins a session, and leaves it to itself once it is acknowledged. Answers its id. */
export async function beginSession(connection: AgentConnection, goal: string): Promise<string> {
  for await (const event of connection.stream({ parts: [{ kind: 'text', text: goal }] }, call())) if (event.type === 'task') return event.task.id
  throw new Error('a session was not acknowledged')
}

export async function* eventsIn(stream: AsyncIterable<StreamEvent>): AsyncGenerator<SessionEvent> {
  for await (const event of stream) {
    const metadata = event.type === 'status' ? event.metadata : event.type === 'artifact' ? event.artifact.metadata : undefined
    const told = metadata?.[EXTENSIONS.sessionEvents]
    if (told !== undefined) yield sessionEventSchema.parse(told)
  }
}
