import type { Answer } from './call-gateway.ts'

/** What the API gives at once at most. */
export const PAGE = 100

interface Page<Item> {
  data: Item[]
  next_cursor: string | null
}

/** As many items as were asked for, over as many pages as it takes; the JSON is one page of all of them. */
export async function collect<Item, Found extends Page<Item>>(
  limit: number,
  ask: (query: { limit: number; cursor: string | undefined }) => Promise<Answer<Found & Page<Item>>>,
): Promise<{ items: Item[]; last: Found; json: unknown }> {
  const items: Item[] = []
  const data: unknown[] = []
  for (let cursor: string | undefined; ;) {
    const { value, json } = await ask({ limit: Math.min(PAGE, limit - items.length), cursor })
    items.push(...value.data)
    data.push(...rawItems(json))
    cursor = value.next_cursor ?? undefined
    if (cursor !== undefined && items.length < limit) continue
    const { next_cursor: _next, data: _data, ...rest } = json as Page<unknown>
    return { items, last: value, json: { ...rest, data, has_more: cursor !== undefined } }
  }
}

/** The items of a page as they came. */
export function rawItems(json: unknown): unknown[] {
  return (json as { data: unknown[] }).data
}
