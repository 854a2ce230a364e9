import { requireSoundHistory } from './chat-history.ts'
import { chatRequestSchema, type ChatRequest } from './chat-request.ts'
import { readRequest, type ReadRequest } from './read-request.ts'

/** A chat request that was read, and the bytes it came in. */
export type ReadChatRequest = ReadRequest<ChatRequest>

/**
 * Reads a chat request's bytes once.
 *
 * @throws AppError `invalid_json`, or `invalid_request` with the field in `param` (`messages[0].role`).
 */
export function readChatRequest(body: Buffer): ReadChatRequest {
  const read = readRequest(body, chatRequestSchema)
  requireSoundHistory(read.request.messages)
  return read
}
