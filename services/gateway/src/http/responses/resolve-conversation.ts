import { type ConversationItem, type ReadResponsesRequest, readConversationId, readItemHome, toInputItems } from '@signalbox/openai-wire/responses'
import { AppError } from '@signalbox/errors'

import { dereferenceAll, MOST_CHARACTERS } from './dereference.ts'
import type { KeptConversations } from './kept-conversations.ts'
import type { KeptResponses } from './kept-responses.ts'
import type { FoundResponse, OwnResponse, ResponseSession } from './response-document.ts'
import type { UpstreamTurn } from './relay-upstream.ts'
import { invalid, noPreviousResponse, noSuchConversation, noSuchItem } from './response-faults.ts'

/** What a request goes on with. */
export interface ResolvedConversation {
  /** This request's own items; references have become what they refer to. */
  input: ConversationItem[]
  /** All that was said before, the oldest first; nothing where the endpoint behind us knows it. */
  before: ConversationItem[]
  /** All of it, also where the endpoint has to be asked. @throws AppError. */
  readBefore(): Promise<ConversationItem[]>
  previous: FoundResponse | undefined
  /** The session of the previous response, where it has not said its last word there. */
  session: ResponseSession | undefined
}

export interface ConversationSource {
  kept: KeptResponses
  conversations: Pick<KeptConversations, 'find'>
  /** A response as it is by now. */
  refresh(owner: string, found: FoundResponse): Promise<FoundResponse>
  /** What the endpoint behind us keeps of a response; what was put in only where it was not made here. @throws AppError `not_found`. */
  readUpstream(id: string, isElsewhere: boolean): Promise<UpstreamTurn>
}

/** As many responses may go on from each other. */
const LONGEST_CHAIN = 500
/** And as much may have been said in them. */
const MOST_ITEMS = 10_000

/** @throws AppError naming what is not there, or too much. */
export async function resolveConversation(
  { request }: ReadResponsesRequest,
  { owner, id, followUpstream }: { owner: string; id: string; followUpstream: boolean },
  source: ConversationSource,
): Promise<ResolvedConversation> {
  const raw = toInputItems(request, id)
  const conversationId = readConversationId(request)
  if (conversationId !== undefined) return resolveKept(raw, { owner, id: conversationId }, source)
  const previousId = request.previous_response_id
  if (followUpstream) await refuseForeign(owner, raw, source)
  const found = previousId ? await findPrevious(owner, previousId, followUpstream, source) : undefined
  const previous = found && (await source.refresh(owner, found))
  // What the endpoint keeps it need not be told again.
  const readBefore = async (): Promise<ConversationItem[]> => (previous ? readChain(owner, previous, followUpstream, source) : [])
  const before = followUpstream && previous?.document.kind === 'upstream' ? [] : await readBefore()
  const input = await dereferenceAll(raw, { owner, before, followUpstream }, source.kept)
  return { input, before, readBefore: async () => (before.length > 0 ? before : readBefore()), previous, session: toOpenSession(previous) }
}

/** What goes on in a conversation that is kept here, whoever makes responses. */
async function resolveKept(
  raw: readonly ConversationItem[],
  { owner, id }: { owner: string; id: string },
  source: ConversationSource,
): Promise<ResolvedConversation> {
  const conversation = await source.conversations.find(owner, id)
  if (!conversation) throw noSuchConversation(id, 'conversation')
  if (conversation.isFull) throw invalid('conversation', 'it has no room for another turn: begin another')
  const before = conversation.items
  const input = await dereferenceAll(raw, { owner, before, followUpstream: false }, source.kept)
  const last = conversation.last === null ? undefined : await source.kept.find(owner, conversation.last)
  const previous = last && (await source.refresh(owner, last))
  return { input, before, readBefore: async () => before, previous, session: toOpenSession(previous) }
}

function toOpenSession(previous: FoundResponse | undefined): ResponseSession | undefined {
  const own = previous?.document.kind === 'ours' ? previous.document : undefined
  return own?.session?.final === false ? own.session : undefined
}

/**
 * One that is not known here is the endpoint's to know, as long as it is not known to be somebody else's: its keeper
 * keeps for all of its callers alike.
 */
async function findPrevious(owner: string, id: string, followUpstream: boolean, { kept }: ConversationSource): Promise<FoundResponse> {
  const found = await kept.find(owner, id)
  if (found) return found
  if (!followUpstream || !/^resp_[\w-]{1,200}$/.test(id) || (await kept.findForeign(owner, [id])).length > 0) throw noPreviousResponse(id)
  const entry = { id, owner, createdAt: 0, endsAt: 0, open: false, json: '', version: 1 }
  return { entry, document: { kind: 'upstream', previous: null, input: [], isElsewhere: true } }
}

/** What leads to something that the endpoint keeps, instead of saying it. */
const REFERRING: ReadonlySet<string> = new Set(['item_reference', 'reasoning'])

/** @throws AppError for what leads to what somebody else was told: to everybody else it does not exist. */
async function refuseForeign(owner: string, items: readonly ConversationItem[], { kept }: ConversationSource): Promise<void> {
  const namesOf = ({ id }: ConversationItem): string[] => [id, readItemHome(id) ?? id]
  const names = new Set(items.flatMap((item) => (REFERRING.has(item.type) ? namesOf(item) : [])))
  const foreign = new Set(await kept.findForeign(owner, [...names]))
  const index = foreign.size === 0 ? -1 : items.findIndex((item) => REFERRING.has(item.type) && namesOf(item).some((name) => foreign.has(name)))
  if (index !== -1) throw noSuchItem(items[index]?.id ?? '', `input[${index}].id`)
}

async function readChain(owner: string, last: FoundResponse, followUpstream: boolean, source: ConversationSource): Promise<ConversationItem[]> {
  const turns: ConversationItem[][] = []
  let count = 0
  let characters = 0
  let found: FoundResponse | undefined = last
  while (found) {
    const { input, output, previous, length }: Turn = await readTurn(found, source)
    turns.push([...input, ...output])
    count += input.length + output.length
    characters += length
    if (characters > MOST_CHARACTERS) throw invalid('previous_response_id', `the conversation is longer than ${MOST_CHARACTERS} characters`)
    if (turns.length >= LONGEST_CHAIN || count > MOST_ITEMS)
      throw invalid('previous_response_id', `the conversation is longer than ${LONGEST_CHAIN} responses, or ${MOST_ITEMS} items`)
    found = previous === null ? undefined : await findPrevious(owner, previous, followUpstream, source)
  }
  return turns.toReversed().flat()
}

interface Turn extends UpstreamTurn {
  /** In characters, as it is kept. */
  length: number
}

async function readTurn({ document, entry }: FoundResponse, source: ConversationSource): Promise<Turn> {
  if (document.kind === 'ours') {
    const { response, input } = document
    return { input, output: response.output as unknown as ConversationItem[], previous: response.previous_response_id, length: entry.json.length }
  }
  const isElsewhere = document.isElsewhere === true
  const kept = await source.readUpstream(entry.id, isElsewhere)
  const turn = isElsewhere ? kept : { ...kept, input: document.input, previous: document.previous }
  return { ...turn, length: JSON.stringify([turn.input, turn.output]).length }
}

/** What of a conversation is kept of one response: its own turn. */
export function requireOwn({ document, entry }: FoundResponse): OwnResponse {
  if (document.kind === 'ours') return document
  throw new AppError('internal', `response ${entry.id} is kept elsewhere`)
}
