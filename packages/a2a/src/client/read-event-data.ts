import { AppError } from '@signalbox/errors'

/** An event larger than this is an attack or a mistake. */
const MAX_EVENT_BYTES = 8 * 1024 * 1024

/** The data of each server-sent event, as it comes; comments count as life and are dropped. */
export async function* readEventData(body: AsyncIterable<unknown>, touch: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let buffer = ''
  for await (const bytes of body) {
    touch()
    buffer += decoder.decode(bytes as Uint8Array, { stream: true })
    let end = nextBreak(buffer)
    while (end) {
      const data = dataOfBlock(buffer.slice(0, end.at))
      buffer = buffer.slice(end.at + end.length)
      if (data !== undefined) yield data
      end = nextBreak(buffer)
    }
    if (buffer.length > MAX_EVENT_BYTES) throw new AppError('upstream_invalid', 'The agent sent an event larger than we take.')
  }
  const rest = dataOfBlock(buffer)
  if (rest !== undefined) yield rest
}

function nextBreak(text: string): { at: number; length: number } | undefined {
  const found = /\r?\n\r?\n/.exec(text)
  return found ? { at: found.index, length: found[0].length } : undefined
}

function dataOfBlock(block: string): string | undefined {
  const lines = block.split(/\r?\n/).flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
  return lines.length > 0 ? lines.join('\n') : undefined
}
