import type { Token } from './token.ts'
import { words } from './words.ts'

const TEXT_NAMES = words(
  'text texts paragraph article sentence sentences story passage email e-mail letter message review code document statement poem speech abstract essay snippet function post conversation description transcript notes points dialogue content excerpt query prompt tweet comment',
)
const POINTERS = words('following below this here my')

/** How far before a colon its announcement may stand, and how much has to follow it, in tokens. */
const ANNOUNCED_WITHIN = 14
const SHORTEST = 12
/** What stands alone in the last lines, and is not longer, may be the request again. */
const LONGEST_AFTERTHOUGHT = 30

/** Makes one token of a text that the request brings along: it is material to work on, and asks for nothing. */
export function maskPasted(tokens: readonly Token[]): readonly Token[] {
  for (let at = 2; at < tokens.length; at++) {
    if (tokens[at]?.kind !== 'mark' || tokens[at]?.text !== ':' || !announces(tokens, at)) continue
    const start = at + 1
    const end = afterthought(tokens, start)
    if (end - start < SHORTEST) continue
    const length = tokens.slice(start, end).reduce((sum, token) => sum + token.length + 1, 0)
    return [...tokens.slice(0, start), { kind: 'pasted', text: '', opens: false, length }, ...tokens.slice(end)]
  }
  return tokens
}

function announces(tokens: readonly Token[], colon: number): boolean {
  // What stands in quotation marks has an end of its own, and the request goes on behind it.
  const after = tokens[colon + 1]?.kind === 'line' ? tokens[colon + 2] : tokens[colon + 1]
  if (after?.kind === 'quote' || after?.kind === 'code' || after?.kind === 'file') return false
  const before = tokens.slice(Math.max(0, colon - ANNOUNCED_WITHIN), colon).map(({ text }) => text)
  return before.some((word) => TEXT_NAMES.has(word)) && (tokens[colon + 1]?.text === '\n\n' || before.some((word) => POINTERS.has(word)))
}

function afterthought(tokens: readonly Token[], start: number): number {
  for (let at = tokens.length - 1; at > start + LONGEST_AFTERTHOUGHT && tokens.length - at < LONGEST_AFTERTHOUGHT; at--)
    if (tokens[at]?.text === '\n\n') return at
  return tokens.length
}
