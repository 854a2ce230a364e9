import { connectAgent, type AgentCard, type AgentConnection } from '@signalbox/a2a'
import { SKILLS, type AgentSummary } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import type { AgentDirectory } from '../core/ports.ts'

export interface RegistryOptions {
  /** Agents of ours; they are sent the service token. */
  agentUrls: readonly string[]
  /** Agents of others; they are not. */
  externalUrls: readonly string[]
  /** Where the orchestrator itself is: one that is listed among its own agents would ask itself in a circle, and is left out. */
  ownUrl: string
  token: string | undefined
  telemetry: Telemetry
  refreshMs: number
}

export interface KnownAgent {
  id: string
  url: string
  connection: AgentConnection
  card: AgentCard | undefined
  /** ISO 8601; when the card was last seen. */
  seenAt: string | undefined
  healthy: boolean
  lastError: string | undefined
}

export interface AgentRegistry extends AgentDirectory {
  /** @throws AppError `agent_unavailable` for an agent that is not known. */
  find(id: string): KnownAgent
  all(): readonly KnownAgent[]
  /** Asks every agent for its card now. Never throws: one that does not answer is unhealthy. */
  refresh(signal: AbortSignal): Promise<void>
  start(): void
  close(): Promise<void>
}

const REFRESH_TIMEOUT_MS = 5_000

/** The agents that were configured, with their cards, asked for again and again: who does not answer is left out of planning until it does. */
export function createAgentRegistry(options: RegistryOptions): AgentRegistry {
  const { telemetry } = options
  const agents = [...options.agentUrls.map((url) => ({ url, token: options.token })), ...options.externalUrls.map((url) => ({ url, token: undefined }))].map(
    ({ url, token }): KnownAgent => ({
      id: '',
      url,
      connection: connectAgent({ url, token, telemetry, cardTtlMs: options.refreshMs }),
      card: undefined,
      seenAt: undefined,
      healthy: false,
      lastError: undefined,
    }),
  )
  let timer: NodeJS.Timeout | undefined
  const stopping = new AbortController()

  async function look(agent: KnownAgent, signal: AbortSignal): Promise<void> {
    try {
      const card = await agent.connection.card({ signal: AbortSignal.any([signal, AbortSignal.timeout(REFRESH_TIMEOUT_MS)]), fresh: true })
      if (isSameOrigin(card.url, options.ownUrl)) throw new AppError('invalid_request', 'This is the orchestrator itself, which cannot be its own agent.')
      agent.card = card
      agent.id ||= uniqueId(card.name, agents)
      agent.seenAt = new Date().toISOString()
      if (!agent.healthy) telemetry.log.info({ agent: agent.id, url: agent.url }, 'an agent is available')
      agent.healthy = true
      agent.lastError = undefined
    } catch (error) {
      if (signal.aborted) return
      const { message } = toAppError(error)
      if (agent.healthy || agent.lastError === undefined)
        telemetry.log.warn({ agent: agent.id || undefined, url: agent.url, reason: message }, 'an agent is not available')
      agent.healthy = false
      agent.lastError = message
    }
  }

  const refresh = async (signal: AbortSignal): Promise<void> => {
    // One after the other, so that of two with one name the same is always the first.
    await Promise.all(agents.filter(({ id }) => id !== '').map((agent) => look(agent, signal)))
    for (const agent of agents.filter(({ id }) => id === '')) await look(agent, signal)
  }

  return {
    alive: () => agents.filter(({ healthy, card }) => healthy && card && !card.skills.some(({ id }) => id === SKILLS.plan)).map(toSummary),
    all: () => agents,
    find(id) {
      const agent = agents.find((candidate) => candidate.id === id)
      if (agent) return agent
      // One that has not answered since we began has no name yet: it may be this one.
      const isComing = agents.some((candidate) => candidate.id === '')
      throw new AppError('agent_unavailable', isComing ? `Agent '${id}' is not here yet.` : `There is no agent '${id}' any more.`, {
        retryable: isComing,
        ...(isComing && { retryAfterMs: options.refreshMs }),
      })
    },
    refresh,
    start() {
      timer = setInterval(() => void refresh(stopping.signal), options.refreshMs)
    },
    async close() {
      clearInterval(timer)
      stopping.abort()
      await Promise.all(agents.map(({ connection }) => connection.close()))
    },
  }
}

function toSummary({ id, card }: KnownAgent): AgentSummary {
  return {
    id,
    description: (card?.description ?? '').slice(0, 4_000),
    skills: (card?.skills ?? []).map(({ examples = [], ...skill }) => ({ ...skill, examples })),
  }
}

function isSameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin
}

/** Names of work that no agent does; an agent of such a name gets a number. */
const RESERVED = ['plan', 'vote', 'map']

/** `RAG Agent` → `rag-agent`; the second of one name is `rag-agent-2`. */
function uniqueId(name: string, agents: readonly KnownAgent[]): string {
  const slug =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 48) || 'agent'
  const taken = new Set([...RESERVED, ...agents.map(({ id }) => id)])
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? slug : `${slug}-${number}`
    if (!taken.has(id)) return id
  }
}
