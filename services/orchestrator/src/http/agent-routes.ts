import { type AgentReport } from '@signalbox/contracts'
import { Hono } from 'hono'

import type { AgentGate } from '../adapters/agent-gate.ts'
import type { AgentRegistry } from '../adapters/agent-registry.ts'
import type { Breakers } from '../core/breaker.ts'

/** `GET /v1/agents`: who is known, whether it answers and is asked, and what its card says. */
export function agentRoutes(tools: { registry: AgentRegistry; breakers: Breakers; gate: AgentGate }): Hono {
  return new Hono().get('/', async (c) => {
    const known = tools.registry.all()
    const breakers = await tools.breakers.read(known.flatMap(({ id }) => (id === '' ? [] : [id])))
    const data = known.map(({ id, url, card, seenAt, healthy, lastError }): AgentReport => {
      const breaker = breakers.get(id)
      return {
        id: id || null,
        url,
        healthy,
        last_seen_at: seenAt ?? null,
        last_error: lastError ?? null,
        card: card ? { name: card.name, description: card.description, version: card.version, skills: card.skills.map((skill) => ({ ...skill })) } : null,
        breaker: {
          state: breaker?.state ?? 'closed',
          failures: breaker?.failures ?? 0,
          retry_at: breaker?.retryAt === undefined || breaker.retryAt === null ? null : new Date(breaker.retryAt).toISOString(),
        },
        calls: id === '' ? 0 : tools.gate.callsTo(id),
      }
    })
    return c.json({ object: 'list', data })
  })
}
