import { type ConversationItem, type ReadResponsesRequest, toInputItems } from '@signalbox/openai-wire/responses'
import { AppError } from '@signalbox/errors'

import { dereferenceAll, MOST_CHARACTERS } from './dereference.ts'
import type { KeptResponses } from './kept-responses.ts'
import type { FoundResponse, OwnResponse, ResponseSession } from './response-document.ts'
import { invalid, noPreviousResponse } from './response-faults.ts'

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
  /** A response as it is by now. */
  refresh(owner: string, found: FoundResponse): Promise<FoundResponse>
  /** What a response put out that the endpoint behind us keeps. @throws AppError `not_found`. */
  readUpstream(id: string): Promise<ConversationItem[]>
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
  const previousId = request.previous_response_id
  const found = previousId ? await findPrevious(owner, previousId, source) : undefined
  const previous = found && (await source.refresh(owner, found))
  // What the endpoint keeps it need not be told again.
  const readBefore = async (): Promise<ConversationItem[]> => (previous ? readChain(owner, previous, source) : [])
  const before = followUpstream && previous?.document.kind === 'upstream' ? [] : await readBefore()
  const input = await dereferenceAll(raw, { owner, before, followUpstream }, source.kept)
  const own = previous?.document.kind === 'ours' ? previous.document : undefined
  return {
    input,
    before,
    readBefore: async () => (before.length > 0 ? before : readBefore()),
    previous,
    session: own?.session?.final === false ? own.session : undefined,
  }
}

async function findPrevious(owner: string, id: string, { kept }: ConversationSource): Promise<FoundResponse> {
  const found = await kept.find(owner, id)
  if (!found) throw noPreviousResponse(id)
  return found
}

async function readChain(owner: string, last: FoundResponse, source: ConversationSource): Promise<ConversationItem[]> {
  const turns: ConversationItem[][] = []
  let count = 0
  let characters = 0
  let found: FoundResponse | undefined = last
  while (found) {
    const { document, entry }: FoundResponse = found
    const output = document.kind === 'ours' ? (document.response.output as unknown as ConversationItem[]) : await source.readUpstream(entry.id)
    turns.push([...document.input, ...output])
    count += document.input.length + output.length
    characters += document.kind === 'ours' ? entry.json.length : entry.json.length + JSON.stringify(output).length
    if (characters > MOST_CHARACTERS) throw invalid('previous_response_id', `the conversation is longer than ${MOST_CHARACTERS} characters`)
    if (turns.length >= LONGEST_CHAIN || count > MOST_ITEMS)
      throw invalid('previous_response_id', `the conversation is longer than ${LONGEST_CHAIN} responses, or ${MOST_ITEMS} items`)
    const id: string | null = document.kind === 'ours' ? document.response.previous_response_id : document.previous
    found = id === null ? undefined : await findPrevious(owner, id, source)
  }
  return turns.toReversed().flat()
}

/** What of a conversation is kept of one response: its own turn. */
export function requireOwn({ document, entry }: FoundResponse): OwnResponse {
  if (document.kind === 'ours') return document
  throw new AppError('internal', `response ${entry.id} is kept elsewhere`)
}
