import { readChatRequest } from '@signalbox/openai-wire'

import type { ChatOptions } from './chat-completions.ts'
import { requireKnownAlias } from './require-known-alias.ts'
import { explainChat } from './explain-chat.ts'
import type { Exchange } from './gateway-env.ts'
import { readJsonBody } from './read-body.ts'
import { withCaller } from './with-caller.ts'

/** `POST /v1/route`: which way a chat request would go, and why, with the plan that would run. Runs nothing. */
export function answerRoute({
  telemetry,
  maxBodyBytes,
  explain,
}: Pick<ChatOptions, 'telemetry' | 'maxBodyBytes' | 'explain'>): (c: Exchange) => Promise<Response> {
  return (c) =>
    withCaller(c, telemetry, async (to) => {
      const read = readChatRequest(await readJsonBody(c.env.incoming, maxBodyBytes))
      requireKnownAlias(read.request.model)
      return explainChat(c, read, to, explain)
    })
}
