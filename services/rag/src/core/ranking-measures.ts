/** What a person judged: each document that answers the query, with how well it does (above 0). */
export type Judgements = ReadonlyMap<string, number>

/** How near a ranking's first `depth` places are to the best order there is, 0…1: later places count less. */
export function ndcg(ranking: readonly string[], judgements: Judgements, depth: number): number {
  const gains = ranking.slice(0, depth).map((id) => judgements.get(id) ?? 0)
  const best = [...judgements.values()].toSorted((a, b) => b - a).slice(0, depth)
  const ideal = discounted(best)
  return ideal === 0 ? 0 : discounted(gains) / ideal
}

/** How much of what answers the query stands in a ranking's first `depth` places, 0…1. */
export function recall(ranking: readonly string[], judgements: Judgements, depth: number): number {
  const relevant = [...judgements].filter(([, grade]) => grade > 0)
  const top = new Set(ranking.slice(0, depth))
  return relevant.length === 0 ? 0 : relevant.filter(([id]) => top.has(id)).length / relevant.length
}

/** The value below which `share` of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0)
}
