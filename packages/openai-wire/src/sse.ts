/** How OpenAI frames a stream: `data:` lines alone, and `[DONE]` at the end. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const

export const SSE_DONE = 'data: [DONE]\n\n'

/** A comment; every OpenAI client skips it, and proxies see that the stream lives. */
export const SSE_KEEP_ALIVE = ': keep-alive\n\n'

export function formatSseData(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
