import type { AgentConnection, StreamEvent } from '@signalbox/a2a'
import { EXTENSIONS, sessionEventSchema, type Plan, type SessionEvent } from '@signalbox/contracts'

export const call = () => ({ signal: AbortSignal.timeout(120_000) })

/** One call of an agent, made by hand. */
export async function callAgent(agent: AgentConnection): Promise<void> {
  for await (const _event of agent.stream({ parts: [{ kind: 'text', text: 'go' }] }, call()));
}

/** Runs one session to its end. @throws where it did not do all that was planned: a session that fails fast is not a fast session. */
export async function runSession(connection: AgentConnection, goal: string, plans: ReadonlyMap<string, Plan>): Promise<void> {
  const completed = new Set<string>()
  let last: SessionEvent | undefined
  for await (const event of eventsIn(connection.stream({ parts: [{ kind: 'text', text: goal }] }, call()))) {
    last = event
    if (event.type === 'node.completed') completed.add(event.node)
  }
  if (last?.type !== 'session.completed') throw new Error(`a session did not end well: ${JSON.stringify(last).slice(0, 500)}`)
  for (const { id } of plans.get(goal)?.nodes ?? []) if (!completed.has(id)) throw new Error(`a session of '${goal}' ended without its node ${id}`)
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
