const ITEM_ID = /"(?:id|item_id)"\s*:\s*"((?!resp_)[a-z]{2,10}_[\w-]{8,200})"/g
/** An id may be cut anywhere. */
const LONGEST_MATCH = 256
/** More are not remembered of one response. */
const MOST_IDS = 1_000

/** The ids of a response's items, read as its bytes come. Inside of what a model says their quotes would be escaped. */
export interface ItemIds {
  readonly found: ReadonlySet<string>
  hear(text: string): void
}

export function collectItemIds(): ItemIds {
  const found = new Set<string>()
  let rest = ''
  return {
    found,
    hear(text) {
      if (found.size >= MOST_IDS) return
      const all = rest + text
      for (const [, id] of all.matchAll(ITEM_ID)) if (id !== undefined && found.size < MOST_IDS) found.add(id)
      rest = all.slice(-LONGEST_MATCH)
    },
  }
}
