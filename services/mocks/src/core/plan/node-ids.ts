import { toTerms } from '../text/terms.ts'

/** Ids a person can read in a progress line: `find-stalled-jobs`. Unique, plain, 40 characters at most. */
export function toNodeIds(verb: string, topics: readonly string[]): string[] {
  const used = new Set<string>(['answer', 'compare', 'weigh', 'find', 'list', 'each', 'vote'])
  return topics.map((topic, index) => {
    const slug = toSlug(topic)
    let id = slug === '' ? `${verb}-${index + 1}` : `${verb}-${slug}`
    if (used.has(id)) id = `${id}-${index + 1}`
    used.add(id)
    return id
  })
}

/** The first telling words, as they were written, as long as they fit. */
function toSlug(topic: string): string {
  const words = topic
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => toTerms(word).length > 0)
    .map((word) => word.toLowerCase())
  let slug = ''
  for (const word of words) {
    const longer = slug === '' ? word.slice(0, 28) : `${slug}-${word}`
    if (longer.length > 28) break
    slug = longer
  }
  return slug
}
