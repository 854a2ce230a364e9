import { AppError } from '@signalbox/errors'

/** A line longer than this is none that an endpoint sends. */
const LONGEST_LINE = 8 * 1_024 * 1_024

/**
 * The `data` of each server-sent event in a stream of bytes, however it was cut into pieces. Names, ids and comments
 * are passed over; an event that the stream's end cuts off is none.
 *
 * @throws AppError `upstream_invalid` for a line without end.
 */
export async function* readSseData(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  /** The rest ends with what may be half of a line's end. */
  let isHalf = false
  let data: string[] = []
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true })
    rest += text
    if (rest.length > LONGEST_LINE) throw new AppError('upstream_invalid', 'The model endpoint sent a line without end.')
    // A long line is looked through once it is whole, and not with each of its pieces.
    if (!isHalf && !/[\r\n]/.test(text)) continue
    // A carriage return at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    isHalf = rest.endsWith('\r')
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
      } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    }
  }
}
