import { readItemHome, type ConversationItem } from '@signalbox/openai-wire/responses'

import type { KeptResponses } from './kept-responses.ts'
import type { FoundResponse } from './response-document.ts'
import { invalid, noSuchItem } from './response-faults.ts'
import { readRequestId } from './tell-response.ts'

/** What is read for one request is held at once; no model reads as much. */
export const MOST_CHARACTERS = 32 * 1_024 * 1_024
/** References lead into no more responses than a chain has. */
const MOST_HOMES = 500
const NOWHERE: ReadonlyMap<string, ConversationItem> = new Map()

/**
 * A request's items, with what its references refer to in their place. A reference to what is there already, before it
 * or among them, adds nothing; so does one to an approval's item, which its answer speaks of anyway. One that is none of
 * ours stays what it is: the ids of the endpoint behind us may look like ours, so where it keeps items itself (`followUpstream`)
 * it is asked about all that are not here.
 *
 * @throws AppError naming the reference to what is not there, or the one that leads to too much.
 */
export async function dereferenceAll(
  items: readonly ConversationItem[],
  { owner, before, followUpstream }: { owner: string; before: readonly ConversationItem[]; followUpstream: boolean },
  kept: Pick<KeptResponses, 'find'>,
): Promise<ConversationItem[]> {
  const known = new Set(before.map(({ id }) => id))
  const homes = new Map<string, ReadonlyMap<string, ConversationItem>>()
  const resolved: ConversationItem[] = []
  let characters = 0
  for (const [index, item] of items.entries()) {
    const { id } = item
    const home = item.type === 'item_reference' ? readItemHome(id) : undefined
    if (item.type === 'item_reference' && (known.has(id) || readRequestId(id) !== undefined)) continue
    if (home === undefined) {
      resolved.push(item)
      continue
    }
    const param = `input[${index}].id`
    let there = homes.get(home)
    if (!there) {
      // One after the other: what is too much must not be read before it is found to be.
      const found = await kept.find(owner, home)
      characters += found?.entry.json.length ?? 0
      if (homes.size >= MOST_HOMES || characters > MOST_CHARACTERS)
        throw invalid(param, `references lead into more than ${MOST_HOMES} responses, or ${MOST_CHARACTERS} characters`)
      there = found ? new Map(itemsOf(found).map((one) => [one.id, one])) : NOWHERE
      homes.set(home, there)
    }
    const one = there === NOWHERE && followUpstream ? item : there.get(id)
    if (!one) throw noSuchItem(id, param)
    known.add(id)
    resolved.push(one)
  }
  return resolved
}

function itemsOf({ document }: FoundResponse): ConversationItem[] {
  return document.kind === 'ours' ? [...document.input, ...(document.response.output as unknown as ConversationItem[])] : document.input
}
