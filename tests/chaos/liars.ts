import type { Context } from 'hono'

import { startAgent, type Agent } from './agents.ts'

/** What is answered in the place of a right answer. `id` is that of the JSON-RPC request. */
export type Lie = (id: string) => Response | Promise<Response>

/** An agent whose card is right and whose answers are not. */
export function startLiar(name: string, lie: Lie): Promise<Agent> {
  return startAgent(name, async () => undefined, {
    instead: async (c: Context) => {
      const { id } = (await c.req.json()) as { id: string }
      return lie(id)
    },
  })
}

const STREAM = { 'content-type': 'text/event-stream' }
const AT = '2026-11-21T00:00:00.000Z'
const IDS = { taskId: 'task-1', contextId: 'context-1' }

/** A stream of these results, each a JSON-RPC answer. */
export function streamOf(id: string, ...results: object[]): Response {
  return new Response(results.map((result) => `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`).join(''), { headers: STREAM })
}

/** The results that a well-behaved stream is made of. */
export const SAID = {
  task: { task: { id: IDS.taskId, contextId: IDS.contextId, status: { state: 'TASK_STATE_WORKING', timestamp: AT } } },
  text: (text: string, artifactId = 'answer') => ({ artifactUpdate: { ...IDS, artifact: { artifactId, parts: [{ text }] } } }),
  ended: (state: 'COMPLETED' | 'FAILED') => ({ statusUpdate: { ...IDS, status: { state: `TASK_STATE_${state}`, timestamp: AT } } }),
}

/** By the names of the agents that tell them. */
export const LIES: Record<string, Lie> = {
  mutters: () => new Response('moo', { headers: { 'content-type': 'application/json' } }),
  sells: () => new Response('<html>Buy now</html>', { headers: { 'content-type': 'text/html' } }),
  collapses: () => new Response('oh no', { status: 500 }),
  redirects: () => new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
  empties: () => Response.json({}),
  mistakes: () => Response.json({ jsonrpc: '2.0', id: 'somebody else', result: {} }),
  dreams: (id) => Response.json({ jsonrpc: '2.0', id, result: { task: { status: 'fine' } } }),
  babbles: () => new Response('data: {{{\n\n', { headers: STREAM }),
  vanishes: () => new Response('', { headers: STREAM }),
  skips: (id) => streamOf(id, SAID.ended('COMPLETED')),
  invents: (id) => streamOf(id, SAID.task, { statusUpdate: { ...IDS, status: { state: 'TASK_STATE_SPLENDID', timestamp: AT } } }),
  breaks: (id) => streamOf(id, SAID.task, SAID.text('half an ans')),
  floods: (id) => streamOf(id, SAID.task, SAID.text('x'.repeat(1_100_000)), SAID.ended('COMPLETED')),
  confuses: (id) => streamOf(id, SAID.task, { statusUpdate: { ...IDS, taskId: 'another', status: { state: 'TASK_STATE_FAILED', timestamp: AT } } }),
}
