/** One server-sent event, as far as the gateway uses them. */
export interface SseMessage {
  data: string
  id: string | undefined
}

export interface ReadSseOptions {
  silenceMs: number
  /** Hears of an id that came without an event: where to go on from when nothing has happened yet. */
  onMark?: (id: string) => void
}

/** A larger event is none of the gateway's. */
const LARGEST_EVENT = 16 * 1_024 * 1_024

/**
 * A body's server-sent events, each as soon as it is whole. Comments are dropped, but they count as a sign
 * of life.
 *
 * @throws Error where nothing at all came for `silenceMs`, or where an event is larger than any of the gateway's.
 */
export async function* readSse(body: ReadableStream<Uint8Array>, { silenceMs, onMark }: ReadSseOptions): AsyncGenerator<SseMessage> {
  const reader = body.getReader()
  const cut = createSseCutter(onMark)
  try {
    for (;;) {
      const next = await unlessSilent(reader.read(), silenceMs)
      if (next.done) return
      yield* cut(next.value)
    }
  } finally {
    // The line is let go, whoever ended it.
    void reader.cancel().catch(() => undefined)
  }
}

/** Cuts bytes into events, wherever they were split on their way. */
export function createSseCutter(onMark?: (id: string) => void): (bytes: Uint8Array) => SseMessage[] {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  let size = 0
  let id: string | undefined

  const readLine = (line: string): SseMessage | undefined => {
    if (line === '') {
      const message = data.length > 0 ? { data: data.join('\n'), id } : undefined
      if (!message && id !== undefined) onMark?.(id)
      data = []
      size = 0
      id = undefined
      return message
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'id') id = value
    if (field === 'data') {
      data.push(value)
      size += value.length
    }
    return undefined
  }

  return (bytes) => {
    const messages: SseMessage[] = []
    // What is left of the last bytes holds no line's end, so it is not searched again.
    const searched = rest.length
    rest += decoder.decode(bytes, { stream: true })
    let start = 0
    for (let end = rest.indexOf('\n', searched); end !== -1; end = rest.indexOf('\n', start)) {
      const message = readLine(rest.slice(start, rest[end - 1] === '\r' && end > start ? end - 1 : end))
      if (message) messages.push(message)
      start = end + 1
    }
    rest = rest.slice(start)
    if (rest.length + size > LARGEST_EVENT) throw new Error('An event came that is larger than any of the gateway’s.')
    return messages
  }
}

async function unlessSilent<T>(promise: Promise<T>, silenceMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silent = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('Nothing came for too long.')), silenceMs)
  })
  try {
    return await Promise.race([promise, silent])
  } finally {
    clearTimeout(timer)
  }
}
