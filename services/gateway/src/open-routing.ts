import type { RoutingSource } from '@signalbox/contracts'
import { openChatModel, readPrices, toCost, type resolveLlm } from '@signalbox/llm'
import { METRICS, type Series, type Telemetry } from '@signalbox/telemetry'

import { createLlmClassifier } from './adapters/llm-classifier.ts'
import { openLocalTier } from './adapters/local-tier.ts'
import { openPolicies } from './adapters/routing-policies.ts'
import type { GatewayConfig } from './config.ts'
import { createBoundedMap } from './core/bounded-map.ts'
import { createClassifying } from './core/classify.ts'
import { createConversationMemory } from './core/conversation-memory.ts'
import { createDecider, type Decider } from './core/decide.ts'
import type { RoutingPolicies } from './core/routing-policy.ts'
import { createTally } from './http/tally.ts'

export interface Routing {
  decide: Decider
  policies: RoutingPolicies
  /** What the classifier is called at its endpoint. */
  classifierModel: string
  /** US dollars at list price; null where the model's is not known. */
  toCost: (model: string, tokens: { prompt: number; completion: number }) => number | null
  close(): Promise<void>
}

/** From a rule's microseconds to a classifier's seconds. */
const SECOND_BOUNDS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Everything that decides which way a request goes. @throws ConfigError for routing rules that are wrong. */
export async function openRouting(config: GatewayConfig, { llm, telemetry }: { llm: ReturnType<typeof resolveLlm>; telemetry: Telemetry }): Promise<Routing> {
  const policies = await openPolicies({ file: config.ROUTING_FILE, folder: config.DATA_DIR, model: config.LLM_MODEL, log: telemetry.log })
  const local = config.ROUTING_LOCAL ? openLocalTier() : undefined
  const classifierModel = toClassifierModel(config)
  const model = openChatModel({ ...llm, model: classifierModel, timeoutMs: config.ROUTING_CLASSIFIER_TIMEOUT_MS, retries: 0, telemetry })
  const failures = telemetry.meter.createCounter(METRICS.classifierFailures)
  const asked = createTally(telemetry.meter, METRICS.routeCache)
  const decide = createDecider({
    policies,
    local,
    memory: createConversationMemory(createBoundedMap({ maxEntries: config.ROUTING_STICKY_ENTRIES, maxAgeMs: config.ROUTING_STICKY_TTL_S * 1_000 })),
    classifying: createClassifying({
      classifier: createLlmClassifier(model, { temperature: config.ROUTING_CLASSIFIER_TEMPERATURE }),
      timeoutMs: config.ROUTING_CLASSIFIER_TIMEOUT_MS,
      cache: createBoundedMap({ maxEntries: config.ROUTING_CACHE_ENTRIES, maxAgeMs: config.ROUTING_CACHE_TTL_S * 1_000 }),
      onFailure: (error) => {
        failures.add(1, { code: error.code })
        telemetry.log.warn({ code: error.code, reason: error.message }, 'the routing classifier failed: the request goes the simple way')
      },
      onAsked: (how) => asked.add(how, () => ({ result: how })),
    }),
    onDecided: createDecisionTimes(telemetry),
  })
  const prices = readPrices(config.LLM_PRICES_FILE)
  return {
    decide,
    policies,
    classifierModel,
    toCost: (name, tokens) => toCost(prices, name, tokens),
    async close() {
      policies.close()
      await model.close()
    },
  }
}

/** OpenAI has a small model under that name; of any other endpoint only LLM_MODEL is known. */
function toClassifierModel(config: GatewayConfig): string {
  return config.ROUTING_CLASSIFIER_MODEL ?? (config.LLM_BASE_URL === undefined ? 'gpt-4o-mini' : config.LLM_MODEL)
}

function createDecisionTimes({ histograms }: Telemetry): (source: RoutingSource, milliseconds: number) => void {
  const duration = histograms.open(METRICS.routeDuration, { unit: 's', bounds: SECOND_BOUNDS })
  const series = new Map<RoutingSource, Series>()
  return (source, milliseconds) => {
    let known = series.get(source)
    if (!known) series.set(source, (known = duration.series({ source })))
    known.record(milliseconds / 1_000)
  }
}
