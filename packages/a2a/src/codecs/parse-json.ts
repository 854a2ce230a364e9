import { AppError } from '@signalbox/errors'

/**
 * Text as JSON that is nested no deeper than `deepest`: walking what is nested without bound would
 * overflow the stack somewhere behind this door.
 *
 * @throws AppError `invalid_json`, or `invalid_request` for JSON nested too deep.
 */
export function parseJson(text: string, deepest: number): unknown {
  requireDepth(text, deepest)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('invalid_json', 'The body is not valid JSON.', { cause })
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = new Set([0x5b, 0x7b])
const CLOSE = new Set([0x5d, 0x7d])

function requireDepth(text: string, deepest: number): void {
  // Too short to be too deep, as nearly every body of a list or a cancelation is.
  if (text.length <= deepest) return
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charCodeAt(index)
    if (letter === QUOTE) index = endOfString(text, index)
    else if (OPEN.has(letter) && (depth += 1) > deepest) throw new AppError('invalid_request', `The body is nested deeper than ${deepest} levels.`)
    else if (CLOSE.has(letter)) depth -= 1
  }
}

/** The place of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const letter = text.charCodeAt(index)
    if (letter === BACKSLASH) index += 1
    else if (letter === QUOTE) return index
  }
  return text.length
}
