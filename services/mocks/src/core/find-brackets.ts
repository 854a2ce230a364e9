/** A word in brackets and where it stands: `[name argument]`, or `[name: argument]`, whose name has the colon. */
export interface Bracket {
  name: string
  argument: string
  start: number
  /** After its closing bracket. */
  end: number
}

/**
 * The words in brackets of a text whose names are known, in their order. Brackets within an argument are kept
 * as long as they come in pairs, and count for nothing within the strings of an argument that ends with JSON.
 */
export function findBrackets(text: string, isKnown: (name: string) => boolean): Bracket[] {
  const found: Bracket[] = []
  for (const { 0: opening, 1: name = '', index } of text.matchAll(/\[([a-z-]+(?:(?=[\s\]])|:))/g)) {
    if (index < (found.at(-1)?.end ?? 0) || !isKnown(name)) continue
    const close = closingOf(text, index)
    if (close !== undefined) found.push({ name, argument: text.slice(index + opening.length, close).trim(), start: index, end: close + 1 })
  }
  return found
}

/** Where the bracket that opens here is closed. */
function closingOf(text: string, start: number): number | undefined {
  const json = /^\[[a-z-]+:?\s+(?:[\w.:-]+\s*)?\{/.exec(text.slice(start, start + 300))
  let depth = 0
  for (let index = start; index < text.length; index++) {
    if (json && text[index] === '"') index = endOfString(text, index)
    else if (text[index] === '[') depth++
    else if (text[index] === ']' && --depth === 0) return index
  }
  return undefined
}

/** Where a JSON string that opens here ends. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return index
  }
  return text.length
}
