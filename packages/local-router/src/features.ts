import { toCounts } from './counts.ts'
import { hashFeatures } from './hash-features.ts'
import { toPairs } from './pairs.ts'
import { readRequest, type Reading } from './reading.ts'
import { toSymbols } from './symbols.ts'

/** What the model sees of a request. */
export interface Features {
  /** Buckets of what occurs in it, each once. */
  active: readonly number[]
  counts: Float32Array
}

export function toFeatures(reading: Reading): Features {
  return { active: hashFeatures(toSymbols(reading), toPairs(reading)), counts: toCounts(reading) }
}

export function featuresOf(request: string): Features {
  return toFeatures(readRequest(request))
}
