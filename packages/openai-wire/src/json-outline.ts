/** Where a value stands in the bytes, end exclusive. */
export interface Span {
  start: number
  end: number
}

/** What can be known of a JSON document without parsing it. */
export interface JsonOutline {
  /** False where the document is nested deeper than was asked for; the outline ends there. */
  withinDepth: boolean
  /** Under which top-level key the scan ended, where it ended early. */
  tooDeepIn: string | undefined
  /** How many members all its objects have together. */
  members: number
  /** The values of the key that was asked for, at the top level only. More than one where the key is said twice. */
  values: Span[]
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Walks over JSON bytes once, from left to right, without recursion: how deep it is nested, and where
 * the values of one top-level key stand.
 *
 * 1. It never throws and never loops: bytes that are not JSON give an outline that means nothing.
 *    Whoever uses `values` has parsed the same bytes with success.
 * 2. Strings are jumped over, so that a long prompt costs next to nothing.
 * 3. A key counts as `JSON.parse` would read it, so `"\u006dodel"` is `model` too.
 */
export function outlineJson(bytes: Buffer, options: { key: string; maxDepth: number }): JsonOutline {
  const values: Span[] = []
  let depth = 0
  let keyIsNext = false
  // Where the key of the member stands that is being read, at the top level.
  let keyAt = 0
  let keyEnd = 0
  let isNamed = false
  let valueStart = -1
  let members = 0

  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfString(bytes, at)
        if (depth === 1 && keyIsNext) {
          keyAt = at
          keyEnd = end
          keyIsNext = false
          isNamed = true
        }
        at = end
        break
      }
      case COLON:
        members++
        if (depth === 1 && valueStart === -1 && isNamed && isKey(bytes, keyAt, keyEnd, options.key)) valueStart = at + 1
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++
        if (depth > options.maxDepth) return { withinDepth: false, tooDeepIn: isNamed ? readKey(bytes, keyAt, keyEnd) : undefined, members, values }
        if (depth === 1) keyIsNext = bytes[at] === OPEN_BRACE
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
      case COMMA:
        if (depth === 1 && valueStart !== -1) {
          values.push(trim(bytes, valueStart, at))
          valueStart = -1
        }
        if (bytes[at] !== COMMA) depth--
        else if (depth === 1 && isNamed) {
          keyIsNext = true
          isNamed = false
        }
        break
    }
  }
  return { withinDepth: true, tooDeepIn: undefined, members, values }
}

/** The same bytes with each of the spans, which are in order, replaced by the value's JSON. */
export function spliceJson(bytes: Buffer, spans: readonly Span[], value: string): Buffer {
  const replacement = Buffer.from(JSON.stringify(value))
  let length = bytes.length
  for (const { start, end } of spans) length += replacement.length - (end - start)
  const spliced = Buffer.allocUnsafe(length)
  let from = 0
  let at = 0
  for (const { start, end } of spans) {
    at += bytes.copy(spliced, at, from, start)
    at += replacement.copy(spliced, at)
    from = end
  }
  bytes.copy(spliced, at, from)
  return spliced
}

/** Most strings are shorter: looking at their bytes one by one costs less than asking for a search. */
const SHORT_STRING = 48

/** The index of the quote that ends the string which begins at `open`; the length where none does. */
function endOfString(bytes: Buffer, open: number): number {
  const near = Math.min(bytes.length, open + SHORT_STRING)
  for (let at = open + 1; at < near; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at++
  }
  return endOfLongString(bytes, open)
}

function endOfLongString(bytes: Buffer, open: number): number {
  for (let from = open + 1; ;) {
    const quote = bytes.indexOf(QUOTE, from)
    if (quote === -1) return bytes.length
    let slashes = 0
    while (quote - slashes - 1 >= from && bytes[quote - slashes - 1] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote
    from = quote + 1
  }
}

/** Read as text only where it can be that key: nearly all others have another length. */
function isKey(bytes: Buffer, open: number, end: number, key: string): boolean {
  const length = end - open - 1
  return (length === key.length || (length > key.length && isEscaped(bytes, open, end))) && readKey(bytes, open, end) === key
}

function isEscaped(bytes: Buffer, open: number, end: number): boolean {
  for (let at = open + 1; at < end; at++) if (bytes[at] === BACKSLASH) return true
  return false
}

function readKey(bytes: Buffer, open: number, end: number): string {
  const text = bytes.toString('utf8', open + 1, end)
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

function trim(bytes: Buffer, start: number, end: number): Span {
  while (start < end && isBlank(bytes[start])) start++
  while (end > start && isBlank(bytes[end - 1])) end--
  return { start, end }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
