import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'

import { mountAgent, renderA2AError, type AgentCard } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'
import { createHttpApp, requireServiceToken, type Health, type Service } from '@signalbox/service-kit'
import { createInProcessDoorbell, holdLease, openSqliteSessionStore, startSweeper } from '@signalbox/sessions'
import { openTelemetry, type Telemetry } from '@signalbox/telemetry'

import { createSessionTaskService } from './a2a/session-task-service.ts'
import { createA2AAgentCaller } from './adapters/a2a-agent-caller.ts'
import { createA2APlanner } from './adapters/a2a-planner.ts'
import { createAgentRegistry } from './adapters/agent-registry.ts'
import { evaluateRule } from './adapters/json-logic.ts'
import { createRetryPolicy } from './adapters/retry-policy.ts'
import { openSessionHandle } from './adapters/session-handle.ts'
import { createTelemetryObserver } from './adapters/telemetry-observer.ts'
import type { OrchestratorConfig } from './config.ts'
import { driveSession } from './core/drive-session.ts'
import { agentRoutes } from './http/agent-routes.ts'

const LEASE_MS = 10_000
const SWEEP_EVERY_MS = 5_000
const ABANDONED_MS = 7 * 24 * 3_600_000

const CARD: Omit<AgentCard, 'url'> = {
  name: 'signalbox-orchestrator',
  description: 'Answers a hard question by planning it, running the plan on agents in parallel, and writing one answer with its sources.',
  version: '0.1.0',
  skills: [
    {
      id: 'orchestrate',
      name: 'Orchestrate',
      description: 'Takes a conversation and answers its last question as a durable multi-agent session.',
      tags: ['orchestration', 'workflow'],
    },
  ],
  extensions: [EXTENSIONS.session, EXTENSIONS.sessionEvents, EXTENSIONS.usage],
  streaming: true,
}

export interface OrchestratorOptions {
  telemetry?: Telemetry
}

/** Puts the orchestrator together: its store, its doorbell, the agents it knows, and the A2A endpoint whose tasks are its sessions. */
export async function openOrchestrator(config: OrchestratorConfig, options: OrchestratorOptions = {}): Promise<Service> {
  const telemetry = options.telemetry ?? openTelemetry({ service: 'orchestrator', level: config.LOG_LEVEL, otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT })
  const { log } = telemetry
  const holder = randomUUID()
  const store = openSqliteSessionStore({ path: join(resolve(config.DATA_DIR), 'sessions.db') })
  const doorbell = createInProcessDoorbell({
    onError: (error, session_id) => log.error({ err: error, session_id, code: toAppError(error).code }, 'driving a session failed'),
  })
  const registry = createAgentRegistry({
    agentUrls: config.AGENT_URLS,
    externalUrls: config.EXTERNAL_AGENT_URLS,
    token: config.SERVICE_TOKEN,
    telemetry,
    refreshMs: config.AGENT_REFRESH_S * 1_000,
  })
  const planner = createA2APlanner({ url: config.PLANNER_URL, token: config.SERVICE_TOKEN, telemetry, deadlineMs: config.PLAN_DEADLINE_S * 1_000 })
  const agents = createA2AAgentCaller({ registry, telemetry })
  const newObserver = createTelemetryObserver(telemetry)
  const retry = createRetryPolicy({ baseMs: config.NODE_RETRY_BASE_MS })
  const stopping = new AbortController()
  let sweeper: ReturnType<typeof startSweeper> | undefined

  async function drive(id: string, stop: AbortSignal): Promise<void> {
    const held = await holdLease(store, id, { holder, leaseMs: LEASE_MS }, async (lease, lost) => {
      const session = await openSessionHandle(store, lease)
      if (session.document.status !== 'active') return
      await driveSession({
        session,
        directory: registry,
        planner,
        agents,
        retry,
        evaluate: evaluateRule,
        observer: newObserver(),
        limits: {
          perSession: config.NODES_PER_SESSION,
          perAgent: config.NODES_PER_AGENT,
          sessionDeadlineMs: config.SESSION_DEADLINE_S * 1_000,
          nodeDeadlineMs: config.NODE_DEADLINE_S * 1_000,
          nodeRetries: config.NODE_RETRIES,
        },
        signal: AbortSignal.any([lost, stop]),
      })
    }).catch((error: unknown) => {
      // Told to stop, or outrun by another holder: the session is as it was saved last, and will be driven again.
      if (stop.aborted || toAppError(error).code === 'stale_lease') return undefined
      throw error
    })
    if (!held) log.debug({ session_id: id }, 'the session is held elsewhere, or was left for the next drive')
  }

  const health = async (): Promise<Health> => {
    const alive = registry.alive().length
    const planning = await planner.reachable(AbortSignal.timeout(2_000))
    return {
      ready: alive > 0,
      checks: { agents: `${alive} of ${registry.all().length} available`, planner: planning ? 'ok' : 'unreachable; the fallback plan is used' },
    }
  }

  const app = createHttpApp({ telemetry, health, renderError: renderA2AError })
  const tasks = createSessionTaskService({ store, doorbell, maxConversationChars: config.MAX_CONVERSATION_CHARS, accepting: () => !stopping.signal.aborted })
  mountAgent(app, { card: CARD, publicUrl: () => config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`, tasks, telemetry, token: config.SERVICE_TOKEN })
  app.use('/v1/*', requireServiceToken(config.SERVICE_TOKEN))
  app.route('/v1/agents', agentRoutes(registry))

  return {
    name: 'orchestrator',
    app,
    telemetry,
    async start() {
      await registry.refresh(AbortSignal.timeout(10_000))
      registry.start()
      doorbell.answer(drive, { concurrency: config.SESSIONS_AT_ONCE })
      sweeper = startSweeper({
        store,
        doorbell,
        everyMs: SWEEP_EVERY_MS,
        retentionMs: config.SESSION_RETENTION_H * 3_600_000,
        abandonedMs: ABANDONED_MS,
        onError: (error) => log.error({ err: error }, 'sweeping sessions failed'),
      })
    },
    async drain(signal) {
      stopping.abort()
      await sweeper?.close()
      await doorbell.close(signal)
    },
    async close() {
      stopping.abort()
      await sweeper?.close()
      await doorbell.close(AbortSignal.abort())
      await Promise.all([registry.close(), planner.close()])
      await store.close()
    },
  }
}
