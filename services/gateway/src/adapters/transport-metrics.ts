import { toCost, type PriceMap } from '@signalbox/llm'
import { ATTRIBUTES, METRICS, type Telemetry } from '@signalbox/telemetry'

import { estimateWaste, type TokenPrice, type WastedCall } from '../core/speculation.ts'
import type { TransportWatch } from './model-upstream.ts'

/** How the calls to the model's endpoint fare, as metrics. */
export function createTransportWatch({ meter }: Telemetry): TransportWatch {
  const retries = meter.createCounter(METRICS.upstreamRetries)
  const hedges = meter.createCounter(METRICS.upstreamHedges)
  const refused = meter.createCounter(METRICS.upstreamRefused)
  return {
    retried: (reason) => retries.add(1, { reason }),
    hedged: (outcome) => hedges.add(1, { outcome }),
    refused: (reason) => refused.add(1, { reason }),
  }
}

/** Shows how many calls are under way and how many wait, whenever somebody looks. */
export function observeLoad({ meter }: Telemetry, load: () => { used: number; waiting: number }): void {
  meter.createObservableGauge(METRICS.upstreamCalls).addCallback((result) => {
    const { used, waiting } = load()
    result.observe(used, { state: 'active' })
    result.observe(waiting, { state: 'waiting' })
  })
}

/** What became of the calls that were made before it was known whether they are wanted. */
export interface SpeculationWatch {
  started(): void
  used(): void
  wasted(call: WastedCall): void
  /** The caller left before there was a verdict. */
  abandoned(): void
}

export function createSpeculationWatch({ meter }: Telemetry, price: TokenPrice | undefined): SpeculationWatch {
  const calls = meter.createCounter(METRICS.speculationCalls)
  const tokens = meter.createCounter(METRICS.speculationWastedTokens)
  const cost = meter.createCounter(METRICS.speculationWastedCost, { unit: 'USD' })
  return {
    started: () => calls.add(1, { outcome: 'started' }),
    used: () => calls.add(1, { outcome: 'used' }),
    abandoned: () => calls.add(1, { outcome: 'abandoned' }),
    wasted(call) {
      calls.add(1, { outcome: 'wasted' })
      const { input, output } = estimateWaste(call)
      tokens.add(input, { [ATTRIBUTES.tokenType]: 'input' })
      tokens.add(output, { [ATTRIBUTES.tokenType]: 'output' })
      if (price) cost.add((input * price.input + output * price.output) / 1_000_000)
    },
  }
}

/** A model's price, where it is known. */
export function findTokenPrice(prices: PriceMap, model: string): TokenPrice | undefined {
  const input = toCost(prices, model, { prompt: 1_000_000, completion: 0 })
  const output = toCost(prices, model, { prompt: 0, completion: 1_000_000 })
  return input === null || output === null ? undefined : { input, output }
}
