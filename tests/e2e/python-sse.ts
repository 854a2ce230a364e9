/**
 * How OpenAI's package for Python reads a stream: the state machine of its decoder, byte for byte, quirks and all.
 *
 * 1. Bytes are gathered until they end with a blank line, then split at `\r`, `\n` and `\r\n`, and only then decoded.
 * 2. A blank line makes an event of what there is: also of an `id` that was once seen, or of a lone `retry`, with no
 *    data at all. What is done with an event's data is `json.loads`, so such an event is a crash.
 * 3. A stream ends at `[DONE]`; an `error` in the data is raised.
 */
export async function* readAsPython(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Record<string, unknown>> {
  const decoder = new PythonDecoder()
  for await (const block of toBlocks(bytes)) {
    for (const line of splitLines(block)) {
      const event = decoder.decode(new TextDecoder('utf-8', { fatal: true }).decode(line))
      if (!event) continue
      if (event.data.startsWith('[DONE]')) return
      const data = JSON.parse(event.data) as unknown
      raiseError(data)
      yield data as Record<string, unknown>
    }
  }
}

/** What the package raises for an error in a stream. */
export class PythonAPIError extends Error {
  override readonly name = 'APIError'
  readonly body: unknown

  constructor(message: string, body: unknown) {
    super(message)
    this.body = body
  }
}

function raiseError(data: unknown): void {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return
  const { error } = data as { error?: unknown }
  if (error === undefined || error === null || error === '' || error === 0 || error === false) return
  const { message } = (typeof error === 'object' ? error : {}) as { message?: unknown }
  throw new PythonAPIError(typeof message === 'string' && message !== '' ? message : 'An error occurred during streaming', error)
}

class PythonDecoder {
  #event: string | undefined
  #data: string[] = []
  #lastEventId: string | undefined
  #retry: number | undefined

  decode(line: string): { event: string | undefined; data: string } | undefined {
    if (line === '') {
      if (!this.#event && this.#data.length === 0 && !this.#lastEventId && this.#retry === undefined) return undefined
      const event = { event: this.#event, data: this.#data.join('\n') }
      this.#event = undefined
      this.#data = []
      this.#retry = undefined
      return event
    }
    if (line.startsWith(':')) return undefined
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    switch (field) {
      case 'event':
        this.#event = value
        break
      case 'data':
        this.#data.push(value)
        break
      case 'id':
        if (!value.includes('\0')) this.#lastEventId = value
        break
      case 'retry':
        if (/^\s*[+-]?\d+\s*$/.test(value)) this.#retry = Number(value)
    }
    return undefined
  }
}

const NEWLINE = 0x0a
const RETURN = 0x0d

async function* toBlocks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let block = Buffer.alloc(0)
  for await (const piece of bytes) {
    for (const line of splitLines(Buffer.from(piece), { keepEnds: true })) {
      block = Buffer.concat([block, line])
      if (!endsWithBlankLine(block)) continue
      yield block
      block = Buffer.alloc(0)
    }
  }
  if (block.length > 0) yield block
}

function endsWithBlankLine(block: Buffer): boolean {
  return ['\r\r', '\n\n', '\r\n\r\n'].some((end) => block.subarray(-end.length).toString('latin1') === end)
}

/** `bytes.splitlines()`: at `\n`, `\r` and `\r\n`, and without an empty one at the end. */
function splitLines(bytes: Buffer, { keepEnds = false }: { keepEnds?: boolean } = {}): Buffer[] {
  const lines: Buffer[] = []
  let from = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== NEWLINE && bytes[at] !== RETURN) continue
    const end = at
    if (bytes[at] === RETURN && bytes[at + 1] === NEWLINE) at++
    lines.push(bytes.subarray(from, keepEnds ? at + 1 : end))
    from = at + 1
  }
  if (from < bytes.length) lines.push(bytes.subarray(from))
  return lines
}
