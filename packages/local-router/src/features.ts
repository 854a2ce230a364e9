import { toCounts } from './counts.ts'
import { hashPairs, hashSequences } from './hash-features.ts'
import { toPairs } from './pairs.ts'
import { readRequest, type Reading } from './reading.ts'
import { toSymbols } from './symbols.ts'

/** What the model sees of a request. */
export interface Features {
  /** Buckets of the sequences of symbols that occur in it, each once. */
  sequences: readonly number[]
  /** Buckets of what is asked for, what it is done to and what follows on what, each once. */
  pairs: readonly number[]
  counts: Float32Array
}

export function toFeatures(reading: Reading): Features {
  return { sequences: hashSequences(toSymbols(reading)), pairs: hashPairs(toPairs(reading)), counts: toCounts(reading) }
}

export function featuresOf(request: string): Features {
  return toFeatures(readRequest(request))
}
