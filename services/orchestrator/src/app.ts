import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { mountAgent, renderA2AError, type AgentCard } from '@signalbox/a2a'
import { EXTENSIONS, MANAGEMENT_PATHS, TERMINAL_STATUSES, type Budget } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'
import { createHttpApp, requireServiceToken, type Health, type Service } from '@signalbox/service-kit'
import { holdLease, startSweeper, type Doorbell } from '@signalbox/sessions'
import { openTelemetry, type Telemetry } from '@signalbox/telemetry'

import { sayToSession } from './a2a/say-to-session.ts'
import { createSessionTaskService } from './a2a/session-task-service.ts'
import { createA2AAgentCaller } from './adapters/a2a-agent-caller.ts'
import { createA2APlanner } from './adapters/a2a-planner.ts'
import { createAgentGate } from './adapters/agent-gate.ts'
import { createAgentRegistry } from './adapters/agent-registry.ts'
import { createWorkCaller } from './adapters/work-caller.ts'
import { evaluateRule } from './adapters/json-logic.ts'
import { openEngine } from './adapters/open-engine.ts'
import { createWorkHistoryReader } from './adapters/read-work-history.ts'
import { createRetryPolicy } from './adapters/retry-policy.ts'
import { openSessionHandle } from './adapters/session-handle.ts'
import { createSessionManager } from './adapters/session-manager.ts'
import { createSubplanCaller } from './adapters/subplan-caller.ts'
import { createTelemetryObserver } from './adapters/telemetry-observer.ts'
import type { OrchestratorConfig } from './config.ts'
import { driveSession } from './core/drive-session.ts'
import { agentRoutes } from './http/agent-routes.ts'
import { approvalRoutes } from './http/approval-routes.ts'
import { auditRoutes, feedRoutes } from './http/audit-routes.ts'
import { channelRoutes, deliveryRoutes } from './http/channel-routes.ts'
import { linkRoutes } from './http/link-routes.ts'
import { planRoutes } from './http/plan-routes.ts'
import { deadLetterRoutes, sessionRoutes } from './http/session-routes.ts'
import { openApprovals } from './open-approvals.ts'

const LET_GO_MS = 1_000
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
  extensions: [EXTENSIONS.session, EXTENSIONS.sessionEvents, EXTENSIONS.usage, EXTENSIONS.lineage, EXTENSIONS.approval],
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
  const publicUrl = (): string => config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`
  const engine = await openEngine(config, telemetry)
  const { store, breakers } = engine
  const bell = quietly(engine.doorbell, telemetry)
  const tell = async (id: string, message: Parameters<typeof store.push>[1]): Promise<void> => {
    try {
      await store.push(id, message)
      await bell.ring(id)
    } catch (error) {
      if (toAppError(error).code !== 'not_found') throw error
    }
  }
  const people = await openApprovals({ config, telemetry, store, doorbell: bell, ledger: engine.ledger })
  const registry = createAgentRegistry({
    agentUrls: config.AGENT_URLS,
    externalUrls: config.EXTERNAL_AGENT_URLS,
    ownUrl: publicUrl(),
    token: config.SERVICE_TOKEN,
    telemetry,
    refreshMs: config.AGENT_REFRESH_S * 1_000,
  })
  const planner = createA2APlanner({ url: config.PLANNER_URL, token: config.SERVICE_TOKEN, telemetry, deadlineMs: config.PLAN_DEADLINE_S * 1_000 })
  const gate = createAgentGate({ breakers, callsAtOnce: config.AGENT_CALLS_AT_ONCE })
  const newObserver = createTelemetryObserver(telemetry)
  const retry = createRetryPolicy({ baseMs: config.NODE_RETRY_BASE_MS })
  const stopping = new AbortController()
  let sweeper: ReturnType<typeof startSweeper> | undefined

  const drives = new Set<Promise<void>>()
  const drive = async (id: string, stop: AbortSignal): Promise<void> => {
    const driving = driveOne(id, AbortSignal.any([stop, stopping.signal]))
    drives.add(driving)
    await driving.finally(() => drives.delete(driving))
  }
  /** Sessions that are told to stop let go of what they hold, so that another replica need not wait for it. */
  const letGo = async (): Promise<void> => {
    await Promise.race([Promise.allSettled(drives), pause(LET_GO_MS, undefined, { ref: false })])
  }
  const agents = createWorkCaller({
    agents: createA2AAgentCaller({ registry, gate, telemetry }),
    subplans: createSubplanCaller({ store, doorbell: bell, drive: (id) => drive(id, stopping.signal), telemetry }),
  })

  async function driveOne(id: string, stop: AbortSignal): Promise<void> {
    const held = await holdLease(store, id, { holder, leaseMs: config.LEASE_MS }, async (lease, lost) => {
      const signal = AbortSignal.any([lost, stop])
      const session = await openSessionHandle(store, lease, signal)
      if (TERMINAL_STATUSES.has(session.document.status)) return
      await driveSession({
        session,
        directory: registry,
        planner,
        agents,
        retry,
        evaluate: evaluateRule,
        observer: newObserver(),
        policies: people.policies,
        book: people.book,
        tellParent: (parent) => tell(parent, { type: 'look' }),
        limits: {
          perSession: config.NODES_PER_SESSION,
          perAgent: config.NODES_PER_AGENT,
          sessionDeadlineMs: config.SESSION_DEADLINE_S * 1_000,
          nodeDeadlineMs: config.NODE_DEADLINE_S * 1_000,
          nodeRetries: config.NODE_RETRIES,
        },
        signal,
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
    const [planning, storing] = await Promise.all([planner.reachable(AbortSignal.timeout(2_000)), reaches(() => store.ping(AbortSignal.timeout(2_000)))])
    return {
      ready: alive > 0 && storing,
      checks: {
        agents: `${alive} of ${registry.all().length} available`,
        planner: planning ? 'ok' : 'unreachable; the fallback plan is used',
        sessions: storing ? `ok (${engine.place})` : `unreachable (${engine.place})`,
      },
    }
  }

  const app = createHttpApp({ telemetry, health, renderError: renderA2AError })
  const budget: Budget = {
    ...(config.SESSION_BUDGET_TOKENS !== undefined && { tokens: config.SESSION_BUDGET_TOKENS }),
    ...(config.SESSION_BUDGET_USD !== undefined && { usd: config.SESSION_BUDGET_USD }),
    deadline_s: config.SESSION_DEADLINE_S,
  }
  const tasks = createSessionTaskService({
    store,
    doorbell: bell,
    maxConversationChars: config.MAX_CONVERSATION_CHARS,
    budget,
    say: (document, message, caller) => sayToSession(document, message, caller, { store, doorbell: bell, desk: people.desk }),
    accepting: () => !stopping.signal.aborted,
  })
  const manager = createSessionManager({
    store,
    doorbell: bell,
    holder,
    budget,
    knowsAgent: (id) => registry.all().some((agent) => agent.id === id),
    note: (note) => engine.ledger.note(note),
  })
  // Management comes first: A2A's own routes know `/v1` too.
  for (const place of Object.values(MANAGEMENT_PATHS)) {
    app.use(place, requireServiceToken(config.SERVICE_TOKEN))
    app.use(`${place}/*`, requireServiceToken(config.SERVICE_TOKEN))
  }
  app.route('/v1/approvals', approvalRoutes(people.desk))
  app.route('/v1/audit', auditRoutes(engine.ledger))
  app.route('/v1/feed', feedRoutes(engine.ledger, { closing: stopping.signal }))
  app.route('/v1/channels', channelRoutes(people.notifier))
  app.route('/v1/deliveries', deliveryRoutes(engine.ledger))
  app.route('/v1/links', linkRoutes(people.links))
  app.route('/v1/agents', agentRoutes({ registry, breakers, gate }))
  app.route('/v1/sessions', sessionRoutes(manager, { closing: stopping.signal }))
  app.route('/v1/dead-letters', deadLetterRoutes(manager))
  app.route(
    '/v1/plan',
    planRoutes({
      directory: registry,
      planner,
      history: createWorkHistoryReader(store),
      budget,
      perAgent: config.NODES_PER_AGENT,
      maxConversationChars: config.MAX_CONVERSATION_CHARS,
    }),
  )
  mountAgent(app, { card: CARD, publicUrl, tasks, telemetry, token: config.SERVICE_TOKEN })

  return {
    name: 'orchestrator',
    app,
    telemetry,
    async start() {
      await registry.refresh(AbortSignal.timeout(10_000))
      registry.start()
      people.start()
      engine.doorbell.answer(drive, { concurrency: config.SESSIONS_AT_ONCE })
      sweeper = startSweeper({
        store,
        doorbell: bell,
        everyMs: config.SWEEP_EVERY_MS,
        retentionMs: config.SESSION_RETENTION_H * 3_600_000,
        abandonedMs: ABANDONED_MS,
        onError(error) {
          const { code } = toAppError(error)
          if (code === 'unavailable') log.debug({ code }, 'sweeping sessions was left for later')
          else log.error({ err: error, code }, 'sweeping sessions failed')
        },
      })
    },
    async drain(signal) {
      stopping.abort()
      await sweeper?.close()
      await engine.doorbell.close(signal)
      await letGo()
      await people.close(signal)
    },
    async close() {
      stopping.abort()
      await sweeper?.close()
      await engine.doorbell.close(AbortSignal.abort())
      await letGo()
      await Promise.all([registry.close(), planner.close(), people.close(AbortSignal.abort())])
      await engine.close()
    },
  }
}

/** A ring that is lost is rung again by the sweeper: nobody who has just had something kept is told that it failed. */
function quietly(doorbell: Doorbell, { log }: Telemetry): Pick<Doorbell, 'ring'> {
  return {
    async ring(sessionId, delayMs) {
      try {
        await doorbell.ring(sessionId, delayMs)
      } catch (error) {
        log.warn({ session_id: sessionId, code: toAppError(error).code }, 'a ring was lost; the sweeper will ring again')
      }
    },
  }
}

async function reaches(ask: () => Promise<void>): Promise<boolean> {
  return ask().then(
    () => true,
    () => false,
  )
}
