/** One measurement: when, in seconds, and how much. */
export type Sample = readonly [at: number, value: number]

/** By how much the values grow a second: the line that lies nearest to all of them. */
export function slopeOf(samples: readonly Sample[]): number {
  const { length } = samples
  if (length < 2) return 0
  const meanAt = samples.reduce((sum, [at]) => sum + at, 0) / length
  const mean = samples.reduce((sum, [, value]) => sum + value, 0) / length
  const spread = samples.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0)
  return samples.reduce((sum, [at, value]) => sum + (at - meanAt) * (value - mean), 0) / spread
}
