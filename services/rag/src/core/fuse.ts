/** One list of results, best first or not. */
export type Scores = ReadonlyMap<string, number>

/**
 * Fuses two rankings: each one's scores are stretched to 0…1, and added as `(1 - alpha) · lexical +
 * alpha · vector`. What is missing from a list counts as its worst. Measured better than reciprocal
 * ranks wherever one of the lists is the weaker.
 */
export function fuse(lexical: Scores, vector: Scores, alpha: number): { id: string; score: number }[] {
  if (vector.size === 0) return ranked(stretch(lexical))
  if (lexical.size === 0) return ranked(stretch(vector))
  const words = stretch(lexical)
  const vectors = stretch(vector)
  const ids = new Set([...words.keys(), ...vectors.keys()])
  return ranked(new Map([...ids].map((id) => [id, (1 - alpha) * (words.get(id) ?? 0) + alpha * (vectors.get(id) ?? 0)])))
}

function stretch(scores: Scores): Map<string, number> {
  const values = [...scores.values()]
  const least = Math.min(...values)
  const range = Math.max(...values) - least
  return new Map([...scores].map(([id, score]) => [id, range === 0 ? 1 : (score - least) / range]))
}

function ranked(scores: Scores): { id: string; score: number }[] {
  return [...scores].map(([id, score]) => ({ id, score })).toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
}
