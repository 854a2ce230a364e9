import { createModelProbe, resolveLlm } from '@signalbox/llm'
import { createHttpApp, type FirstHandler, type Health, type HttpApp, type Service } from '@signalbox/service-kit'
import { METRICS, openTelemetry, type Telemetry } from '@signalbox/telemetry'
import { AppError } from '@signalbox/errors'
import { Hono } from 'hono'

import { connectOrchestrator } from './adapters/a2a-orchestrator.ts'
import { fetchModels } from './adapters/fetch-models.ts'
import { createApprovalDesk } from './adapters/management/approval-desk.ts'
import { connectManagement } from './adapters/management/connect-management.ts'
import { createPlanDesk } from './adapters/management/plan-desk.ts'
import { createAuditDesk, createChannelDesk } from './adapters/management/oversight-desk.ts'
import { createAgentDesk, createDeadLetterDesk, createSessionDesk } from './adapters/management/session-desk.ts'
import { openModelUpstream } from './adapters/model-upstream.ts'
import { createSpeculationWatch, createTransportWatch, findTokenPrice, observeLoad } from './adapters/transport-metrics.ts'
import type { GatewayConfig } from './config.ts'
import { createAddressMark, type AddressMark } from './core/address-mark.ts'
import { createApiKeys, createDevKey, type ApiKeys } from './core/api-keys.ts'
import { createBoundedMap } from './core/bounded-map.ts'
import { createDuplicateGuard } from './core/duplicate-guard.ts'
import { createModelList } from './core/list-models.ts'
import type { Orchestrator } from './core/orchestrator.ts'
import { isSpeculationOn } from './core/speculation.ts'
import { createStopBell } from './core/stop-bell.ts'
import { answerChat } from './http/chat-completions.ts'
import { createConsoleUrl } from './http/console-url.ts'
import { allowOrigins, createCorsHeaders } from './http/cors.ts'
import { createFrontDoor } from './http/front-door.ts'
import type { Exchange, GatewayEnv } from './http/gateway-env.ts'
import { mountMethodGuards, mountOptions } from './http/methods.ts'
import { observeRequests } from './http/observe.ts'
import { answerCompletion, answerEmbedding } from './http/plain-models.ts'
import { sayOpenAIHeaders } from './http/openai-headers.ts'
import { mountOpenApi } from './http/openapi/mount-openapi.ts'
import { renderError } from './http/render-error.ts'
import { createReadCaller, requireApiKey } from './http/require-api-key.ts'
import { mountResources, type Resources } from './http/resources.ts'
import { toServerLimits } from './limits-config.ts'
import { openConsole, type Console } from './open-console.ts'
import { openResponses } from './open-responses.ts'
import { openRouting } from './open-routing.ts'

const NAME = 'gateway'
const MODELS_TIMEOUT_MS = 3_000
const MODELS_KEPT_MS = 60_000
const HEALTH_TIMEOUT_MS = 2_000
/** What was shown last of so many sessions; a conversation that rests for longer begins anew with what is asked. */
const SHOWN = { maxEntries: 10_000, maxAgeMs: 24 * 3_600_000 }

export interface Gateway extends Service {
  /** The key that was made because none was configured. Whoever opened the gateway tells its callers; no log ever does. */
  readonly devApiKey?: string
  /** The console's first password, for `admin`, where this start made one. Told to nobody else either. */
  readonly consolePassword?: string
}

/** Puts the gateway together. */
export async function openGateway(config: GatewayConfig, options: { telemetry?: Telemetry } = {}): Promise<Gateway> {
  const llm = resolveLlm(NAME, config)
  const telemetry =
    options.telemetry ??
    openTelemetry({ service: NAME, level: config.LOG_LEVEL, ...(!config.OTEL_SDK_DISABLED && { otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT }) })
  const devApiKey = config.SIGNALBOX_API_KEYS.length === 0 ? createDevKey() : undefined
  const stopBell = createStopBell()
  const upstream = openModelUpstream({
    baseUrl: llm.baseUrl,
    apiKey: llm.apiKey,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    firstByteTimeoutMs: config.UPSTREAM_FIRST_BYTE_TIMEOUT_MS,
    idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
    connections: config.UPSTREAM_CONNECTIONS,
    queue: config.UPSTREAM_QUEUE,
    queueTimeoutMs: config.UPSTREAM_QUEUE_TIMEOUT_MS,
    retries: config.UPSTREAM_RETRIES,
    hedgeAfterMs: config.UPSTREAM_HEDGE_AFTER_MS,
    watch: createTransportWatch(telemetry),
  })
  observeLoad(telemetry, () => upstream.load())
  const price = llm.prices && findTokenPrice(llm.prices, config.LLM_MODEL)
  const orchestratorOptions = { url: config.ORCHESTRATOR_URL, token: config.SERVICE_TOKEN, telemetry, timeoutMs: config.ORCHESTRATOR_TIMEOUT_MS }
  const orchestrator = connectOrchestrator(orchestratorOptions)
  const management = connectManagement(orchestratorOptions)
  const sessions = createSessionDesk(management)
  const approvals = createApprovalDesk(management)
  const routing = await openRouting(config, { llm, telemetry })

  const resources: Omit<Resources, 'responses'> = {
    chat: {
      telemetry,
      upstream,
      stopBell,
      maxBodyBytes: config.MAX_BODY_BYTES,
      speculates: isSpeculationOn(config.ROUTING_SPECULATION, { baseUrl: llm.baseUrl, price }),
      speculation: createSpeculationWatch(telemetry, price),
      decide: routing.decide,
      explain: { ...routing, orchestrator, plans: createPlanDesk(management), planSeconds: config.ROUTING_PLAN_S },
      complex: {
        telemetry,
        orchestrator,
        sessions,
        approvals,
        duplicates: createDuplicateGuard(),
        shown: createBoundedMap(SHOWN),
        stopBell,
        keepAliveMs: config.KEEP_ALIVE_MS,
        waitMs: config.SESSION_WAIT_S * 1_000,
        holdMs: config.APPROVAL_HOLD_S * 1_000,
        consoleUrl: createConsoleUrl({ consoleUrl: config.CONSOLE_URL, publicUrl: config.PUBLIC_URL, host: config.HOST }),
        reasoningField: config.REASONING_FIELD,
      },
    },
    plainModels: { telemetry, upstream, stopBell, maxBodyBytes: config.MAX_BODY_BYTES, policies: routing.policies },
    listModels: createModelList({
      fetchModels: (signal) => fetchModels(upstream, signal),
      model: config.LLM_MODEL,
      policies: routing.policies,
      timeoutMs: MODELS_TIMEOUT_MS,
      maxAgeMs: MODELS_KEPT_MS,
    }),
    orchestrator,
    sessions,
    approvals,
    agents: createAgentDesk(management),
    deadLetters: createDeadLetterDesk(management),
    audit: createAuditDesk(management),
    channels: createChannelDesk(management),
    stopBell,
    keepAliveMs: config.KEEP_ALIVE_MS,
  }
  const responses = openResponses(config, { ...resources, ...resources.chat, policies: routing.policies, baseUrl: llm.baseUrl })
  const markAddress = createAddressMark(config.SERVICE_TOKEN)
  const people = config.CONSOLE_ENABLED ? await openConsole(config, { telemetry, markAddress, management }) : undefined
  const { app, first } = createGatewayApp({
    telemetry,
    config,
    people,
    keys: createApiKeys(devApiKey === undefined ? config.SIGNALBOX_API_KEYS : [`dev:${devApiKey}`], config.SIGNALBOX_OPERATOR_KEYS),
    markAddress,
    probeUpstream: createModelProbe(llm),
    resources: { ...resources, responses: responses.options },
  })
  return {
    name: NAME,
    app,
    first,
    telemetry,
    limits: toServerLimits(config),
    ...(devApiKey !== undefined && { devApiKey }),
    ...(people?.password !== undefined && { consolePassword: people.password }),
    // Answers under way get their time; what is left when it is over is told so.
    drain: async (signal) => {
      const ring = (): void => stopBell.ring(new AppError('unavailable', 'The gateway is stopping.'))
      if (signal.aborted) ring()
      else signal.addEventListener('abort', ring, { once: true })
    },
    close: async () => {
      // What people did last is still told to the orchestrator.
      await people?.close()
      await Promise.all([responses.close(), upstream.close(), orchestrator.close(), management.close(), routing.close()])
    },
  }
}

interface AppParts {
  telemetry: Telemetry
  config: GatewayConfig
  people: Console | undefined
  keys: ApiKeys
  markAddress: AddressMark
  probeUpstream: () => Promise<string>
  resources: Resources
}

function createGatewayApp({ telemetry, config, people, keys, markAddress, probeUpstream, resources }: AppParts): { app: HttpApp; first: FirstHandler } {
  const rejected = telemetry.meter.createCounter(METRICS.rejected)
  const app = createHttpApp({
    telemetry,
    health: () => readHealth(resources.orchestrator, probeUpstream),
    renderError: (error) => renderError(error, telemetry),
  })
  const readCaller = createReadCaller(keys, markAddress)
  const setCorsHeaders = config.CORS_ORIGINS.length > 0 ? createCorsHeaders(config.CORS_ORIGINS) : undefined
  const v1 = new Hono<GatewayEnv>({ strict: false })
  if (setCorsHeaders) v1.use(allowOrigins(setCorsHeaders))
  mountOptions(v1)
  v1.use(sayOpenAIHeaders())
  v1.use(requireApiKey(readCaller, () => rejected.add(1, { code: 'authentication_failed' })))
  v1.use(observeRequests(telemetry))
  v1.on('POST', ['/chat/completions', '/responses'], (_c, next) => {
    people?.countRequest()
    return next()
  })
  mountResources(v1, resources)
  mountMethodGuards(v1)
  app.route('/v1', v1)
  mountOpenApi(app, { url: (config.PUBLIC_URL ?? `http://localhost:${config.PORT}`).replace(/\/$/, '') })
  people?.mount(app, resources)
  const chat = answerChat(resources.chat)
  const handlers = new Map([
    [
      '/v1/chat/completions',
      (exchange: Exchange) => {
        people?.countRequest()
        return chat(exchange)
      },
    ],
    ['/v1/completions', answerCompletion(resources.plainModels)],
    ['/v1/embeddings', answerEmbedding(resources.plainModels)],
  ])
  return { app, first: createFrontDoor({ telemetry, readCaller, setCorsHeaders, handlers }) }
}

async function readHealth(orchestrator: Orchestrator, probeUpstream: () => Promise<string>): Promise<Health> {
  const [upstream, orchestrating] = await Promise.all([probeUpstream(), orchestrator.health(AbortSignal.timeout(HEALTH_TIMEOUT_MS))])
  return { ready: upstream === 'ok' && orchestrating === 'ok', checks: { upstream, orchestrator: orchestrating } }
}
