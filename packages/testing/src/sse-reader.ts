/** One server-sent event as it came. `data` is the joined data lines; comments stand alone. */
export interface SseEvent {
  event?: string
  id?: string
  data?: string
  comment?: string
}

/** Reads a response's body as server-sent events, to its end. A test reads them one at a time, so it can act in between. */
export async function* readSse(response: Response): AsyncGenerator<SseEvent> {
  if (!response.body) throw new Error('the response has no body')
  const decoder = new TextDecoder()
  let buffer = ''
  for await (const bytes of response.body) {
    buffer += decoder.decode(bytes, { stream: true })
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      yield parseBlock(buffer.slice(0, end))
      buffer = buffer.slice(end + 2)
    }
  }
  if (buffer.trim() !== '') yield parseBlock(buffer)
}

/** The JSON payloads of an OpenAI stream, without `[DONE]`; and whether `[DONE]` came. */
export async function readOpenAIStream<Chunk = Record<string, unknown>>(response: Response): Promise<{ chunks: Chunk[]; done: boolean; comments: string[] }> {
  const chunks: Chunk[] = []
  const comments: string[] = []
  let done = false
  for await (const event of readSse(response)) {
    if (event.comment !== undefined) comments.push(event.comment)
    if (event.data === '[DONE]') done = true
    else if (event.data !== undefined) chunks.push(JSON.parse(event.data) as Chunk)
  }
  return { chunks, done, comments }
}

function parseBlock(block: string): SseEvent {
  const parsed: SseEvent = {}
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) parsed.comment = line.slice(1).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
    else if (line.startsWith('event:')) parsed.event = line.slice(6).trim()
    else if (line.startsWith('id:')) parsed.id = line.slice(3).trim()
  }
  return data.length > 0 ? { ...parsed, data: data.join('\n') } : parsed
}
