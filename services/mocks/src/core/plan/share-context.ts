const PREPOSITION = String.raw`in|of|for|on|by|with|when|within|under|across|during|inside|at|from|about|regarding`

/**
 * In "the difference between stalled and failed jobs in BullMQ" each side leaves words to the other.
 * Gives every topic the words that it shares, so that each can be looked up alone:
 * `stalled jobs in BullMQ`, `failed jobs in BullMQ`.
 */
export function shareContext(topics: readonly string[], rest = ''): string[] {
  const clean = topics.map(tidy).filter((topic) => topic !== '')
  if (clean.length < 2) return clean
  const common = /^\s*(?:in|on|when|with|regarding|as)\b/i.test(rest) ? ` ${rest.trim()}` : ''
  return shareEnding(shareOpening(shareHead(clean))).map((topic) => `${topic}${common}`)
}

/** fixed | exponential backoff → fixed backoff | exponential backoff */
function shareHead(topics: string[]): string[] {
  const last = (topics.at(-1) as string).split(' ')
  const tail = last.slice(1)
  const plain = new RegExp(String.raw`^(?:${PREPOSITION})$`, 'i')
  if (tail.length === 0 || plain.test(tail[0] as string) || /^(?:the|an?|how|what|why)$/i.test(last[0] as string)) return topics
  return topics.map((topic) => (/^[a-z][a-z-]+$/.test(topic) && !/(?:s|ing)$/.test(topic) ? `${topic} ${tail.join(' ')}` : topic))
}

/** the retry rules of BullMQ | A2A → the retry rules of BullMQ | the retry rules of A2A */
function shareOpening(topics: string[]): string[] {
  const first = topics[0] as string
  const opening = new RegExp(String.raw`^.{3,}\s(?:${PREPOSITION})\s(?:the\s)?`, 'i').exec(first)?.[0]
  if (!opening) return topics
  const bare = new RegExp(String.raw`\s(?:${PREPOSITION})\s`, 'i')
  const lead = new RegExp(String.raw`^(?:${PREPOSITION})\s+(?:the\s)?`, 'i')
  return topics.map((topic, index) => {
    if (index === 0) return topic
    // "… in A with in B": the place alone is named.
    if (lead.test(topic)) return `${opening}${topic.replace(lead, '')}`
    return !bare.test(topic) && /^(?:the\s)?\S*[\p{Lu}\d]\S*(?:\s\S+)?$/u.test(topic) ? `${opening}${topic}` : topic
  })
}

/** stalled jobs | failed jobs in BullMQ → stalled jobs in BullMQ | failed jobs in BullMQ */
function shareEnding(topics: string[]): string[] {
  const ending = new RegExp(String.raw`\s(?:in|for|when|within|under|across|during|inside|on|regarding)\s.+$`, 'i').exec(topics.at(-1) as string)?.[0]
  if (!ending) return topics
  const placed = new RegExp(String.raw`\s(?:${PREPOSITION})\s`, 'i')
  return topics.map((topic, index) => (index < topics.length - 1 && !placed.test(topic) && !/^how\s/i.test(topic) ? `${topic}${ending}` : topic))
}

function tidy(topic: string): string {
  return topic
    .trim()
    .replace(/^(?:and|or|both|between|the (?:use|idea|notion|concept) of)\s+/i, '')
    .replace(/[\s,.;:?!]+$/, '')
    .trim()
}
