import { createModelProbe, openChatModel, resolveLlm } from '@signalbox/llm'
import { createHttpApp, type Health, type HttpApp, type Service } from '@signalbox/service-kit'
import { METRICS, openTelemetry, type Telemetry } from '@signalbox/telemetry'
import { AppError } from '@signalbox/errors'
import { Hono } from 'hono'

import { connectOrchestrator } from './adapters/a2a-orchestrator.ts'
import { fetchModels } from './adapters/fetch-models.ts'
import { connectSessionDesk } from './adapters/http-session-desk.ts'
import { createLlmClassifier } from './adapters/llm-classifier.ts'
import { openModelUpstream, type ModelUpstream } from './adapters/model-upstream.ts'
import type { GatewayConfig } from './config.ts'
import { createApiKeys, createDevKey, type ApiKeys } from './core/api-keys.ts'
import { createBoundedMap } from './core/bounded-map.ts'
import type { Classifier, ClassifyOptions } from './core/classify.ts'
import { createDuplicateGuard } from './core/duplicate-guard.ts'
import { createModelList } from './core/list-models.ts'
import type { Orchestrator } from './core/orchestrator.ts'
import type { SessionDesk } from './core/session-desk.ts'
import { createStopBell } from './core/stop-bell.ts'
import { mountAgents } from './http/agents.ts'
import { answerChat, type ChatOptions } from './http/chat-completions.ts'
import { allowOrigins } from './http/cors.ts'
import { mountDeadLetters } from './http/dead-letters.ts'
import type { GatewayEnv } from './http/gateway-env.ts'
import { mountMethodGuards, mountOptions } from './http/methods.ts'
import { mountModels } from './http/models.ts'
import { observeRequests } from './http/observe.ts'
import { renderError } from './http/render-error.ts'
import { requireApiKey } from './http/require-api-key.ts'
import { mountSessionEvents } from './http/session-events.ts'
import { mountSessions } from './http/sessions.ts'

const NAME = 'gateway'
const MODELS_TIMEOUT_MS = 3_000
const MODELS_KEPT_MS = 60_000
const HEALTH_TIMEOUT_MS = 2_000

export interface Gateway extends Service {
  /** The key that was made because none was configured. Whoever opened the gateway tells its callers; no log ever does. */
  readonly devApiKey?: string
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
  })
  const orchestratorOptions = { url: config.ORCHESTRATOR_URL, token: config.SERVICE_TOKEN, telemetry, timeoutMs: config.ORCHESTRATOR_TIMEOUT_MS }
  const orchestrator = connectOrchestrator(orchestratorOptions)
  const desk = connectSessionDesk(orchestratorOptions)
  const classifierModel = openChatModel({ ...llm, model: toClassifierModel(config), timeoutMs: config.ROUTING_CLASSIFIER_TIMEOUT_MS, retries: 0, telemetry })

  const app = createGatewayApp({
    telemetry,
    config,
    keys: createApiKeys(devApiKey === undefined ? config.SIGNALBOX_API_KEYS : [`dev:${devApiKey}`]),
    upstream,
    orchestrator,
    desk,
    probeUpstream: createModelProbe(llm),
    chat: {
      telemetry,
      upstream,
      stopBell,
      model: config.LLM_MODEL,
      maxBodyBytes: config.MAX_BODY_BYTES,
      classifying: createClassifying(config, telemetry, createLlmClassifier(classifierModel, { temperature: config.ROUTING_CLASSIFIER_TEMPERATURE })),
      complex: {
        telemetry,
        orchestrator,
        duplicates: createDuplicateGuard(),
        stopBell,
        keepAliveMs: config.KEEP_ALIVE_MS,
        waitMs: config.SESSION_WAIT_S * 1_000,
      },
    },
  })
  return {
    name: NAME,
    app,
    telemetry,
    ...(devApiKey !== undefined && { devApiKey }),
    // Answers under way get their time; what is left when it is over is told so.
    drain: async (signal) => {
      const ring = (): void => stopBell.ring(new AppError('unavailable', 'The gateway is stopping.'))
      if (signal.aborted) ring()
      else signal.addEventListener('abort', ring, { once: true })
    },
    close: async () => {
      await Promise.all([upstream.close(), orchestrator.close(), desk.close(), classifierModel.close()])
    },
  }
}

/** OpenAI has a small model under that name; of any other endpoint only LLM_MODEL is known. */
function toClassifierModel(config: GatewayConfig): string {
  return config.ROUTING_CLASSIFIER_MODEL ?? (config.LLM_BASE_URL === undefined ? 'gpt-4o-mini' : config.LLM_MODEL)
}

function createClassifying(config: GatewayConfig, telemetry: Telemetry, classifier: Classifier): ClassifyOptions {
  const failures = telemetry.meter.createCounter(METRICS.classifierFailures)
  return {
    classifier,
    timeoutMs: config.ROUTING_CLASSIFIER_TIMEOUT_MS,
    cache: createBoundedMap({ maxEntries: config.ROUTING_CACHE_ENTRIES, maxAgeMs: config.ROUTING_CACHE_TTL_S * 1_000 }),
    onFailure: (error) => {
      failures.add(1, { code: error.code })
      telemetry.log.warn({ code: error.code, reason: error.message }, 'the routing classifier failed: the request goes the simple way')
    },
  }
}

interface AppParts {
  telemetry: Telemetry
  config: GatewayConfig
  keys: ApiKeys
  upstream: ModelUpstream
  orchestrator: Orchestrator
  desk: SessionDesk
  probeUpstream: () => Promise<string>
  chat: ChatOptions
}

function createGatewayApp({ telemetry, config, keys, upstream, orchestrator, desk, probeUpstream, chat }: AppParts): HttpApp {
  const rejected = telemetry.meter.createCounter(METRICS.rejected)
  const app = createHttpApp({
    telemetry,
    health: () => readHealth(orchestrator, probeUpstream),
    renderError: (error) => renderError(error, telemetry),
  })
  const v1 = new Hono<GatewayEnv>({ strict: false })
  if (config.CORS_ORIGINS.length > 0) v1.use(allowOrigins(config.CORS_ORIGINS))
  mountOptions(v1)
  v1.use(requireApiKey(keys, () => rejected.add(1, { code: 'authentication_failed' })))
  v1.use(observeRequests(telemetry))
  v1.post('/chat/completions', answerChat(chat))
  mountModels(
    v1,
    createModelList({
      fetchModels: (signal) => fetchModels(upstream, signal),
      model: config.LLM_MODEL,
      timeoutMs: MODELS_TIMEOUT_MS,
      maxAgeMs: MODELS_KEPT_MS,
    }),
  )
  mountSessions(v1, orchestrator, desk)
  mountSessionEvents(v1, { orchestrator, desk, stopBell: chat.stopBell, keepAliveMs: config.KEEP_ALIVE_MS })
  mountDeadLetters(v1, desk)
  mountAgents(v1, desk)
  mountMethodGuards(v1)
  app.route('/v1', v1)
  return app
}

async function readHealth(orchestrator: Orchestrator, probeUpstream: () => Promise<string>): Promise<Health> {
  const [upstream, orchestrating] = await Promise.all([probeUpstream(), orchestrator.health(AbortSignal.timeout(HEALTH_TIMEOUT_MS))])
  return { ready: upstream === 'ok' && orchestrating === 'ok', checks: { upstream, orchestrator: orchestrating } }
}
