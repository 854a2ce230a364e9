import type { Attributes, Span } from '@opentelemetry/api'
import type { Usage } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'
import { ATTRIBUTES, METRICS, type Telemetry } from '@signalbox/telemetry'

/** Bucket bounds as the GenAI conventions give them. */
const TOKEN_BOUNDS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]
const SECOND_BOUNDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]

export interface CallOutcome {
  model: string
  usage: Usage
  finishReason?: string
}

/** Writes one call's tokens and time down, on its span and in the metrics. Never prompts, never answers. */
export interface CallMeter {
  begin(span: Span): { succeeded(outcome: CallOutcome): void; failed(error: unknown): void }
}

export function createCallMeter(telemetry: Telemetry, attributes: Attributes): CallMeter {
  const tokens = telemetry.meter.createHistogram(METRICS.tokenUsage, { unit: '{token}', advice: { explicitBucketBoundaries: TOKEN_BOUNDS } })
  const seconds = telemetry.meter.createHistogram(METRICS.operationDuration, { unit: 's', advice: { explicitBucketBoundaries: SECOND_BOUNDS } })
  const labels: Attributes = Object.fromEntries([ATTRIBUTES.operation, ATTRIBUTES.provider, ATTRIBUTES.requestModel].map((name) => [name, attributes[name]]))
  return {
    begin(span) {
      const startedAt = performance.now()
      const elapsed = (): number => (performance.now() - startedAt) / 1_000
      return {
        succeeded({ model, usage, finishReason }) {
          span.setAttributes({
            [ATTRIBUTES.responseModel]: model,
            [ATTRIBUTES.inputTokens]: usage.prompt_tokens,
            [ATTRIBUTES.outputTokens]: usage.completion_tokens,
            ...(finishReason !== undefined && { [ATTRIBUTES.finishReasons]: [finishReason] }),
          })
          seconds.record(elapsed(), labels)
          if (usage.prompt_tokens > 0) tokens.record(usage.prompt_tokens, { ...labels, [ATTRIBUTES.tokenType]: 'input' })
          if (usage.completion_tokens > 0) tokens.record(usage.completion_tokens, { ...labels, [ATTRIBUTES.tokenType]: 'output' })
        },
        failed: (error) => seconds.record(elapsed(), { ...labels, [ATTRIBUTES.errorType]: toAppError(error).code }),
      }
    },
  }
}
