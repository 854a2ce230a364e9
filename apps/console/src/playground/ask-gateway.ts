import { API, csrfHeaders } from '../api/client.ts'
import { createConversation, type ChatRequest } from './conversation.ts'

/** The playground's conversation: one for the tab, so that it goes on while other pages are looked at. */
export const conversation = createConversation(askGateway)

/** The same request that an OpenAI client would make, as whoever is signed in. */
function askGateway({ model, messages, sessionId }: ChatRequest, signal: AbortSignal): Promise<Response> {
  return fetch(`${API}/chat/completions`, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      ...csrfHeaders(),
      'content-type': 'application/json',
      'accept': 'text/event-stream',
      ...(sessionId !== undefined && { 'x-session-id': sessionId }),
    },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
    signal,
  })
}
