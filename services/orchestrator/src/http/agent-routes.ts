import { Hono } from 'hono'

import type { AgentRegistry } from '../adapters/agent-registry.ts'

/** `GET /v1/agents`: who is known, whether it answers, and what its card says. */
export function agentRoutes(registry: AgentRegistry): Hono {
  return new Hono().get('/', (c) =>
    c.json({
      agents: registry.all().map(({ id, url, card, seenAt, healthy, lastError }) => ({
        id: id || null,
        url,
        healthy,
        last_seen_at: seenAt ?? null,
        last_error: lastError ?? null,
        card: card ? { name: card.name, description: card.description, version: card.version, skills: card.skills } : null,
      })),
    }),
  )
}
