import type { Reading } from './reading.ts'

/**
 * A request with its subject taken out, one symbol a word: the words that hold sentences together as they are, `V` for
 * what is asked to be done, `T` for things, `n` for whatever else. No name, number or topic is left to be learned.
 */
export function toSymbols({ tokens, senses, actions }: Reading): string[] {
  const asked = new Map(actions.map((action) => [action.at, action.asked]))
  const symbols = ['^']
  tokens.forEach((token, at) => {
    const symbol = toSymbol(token.kind, token.text)
    const sense = senses[at]
    const read = asked.has(at)
      ? asked.get(at)
        ? 'V'
        : `v${sense?.form === 'base' ? '' : sense?.form}`
      : token.kind !== 'word'
        ? symbol
        : sense?.function
          ? token.text
          : sense?.thing
            ? 'T'
            : sense?.actionNoun
              ? 'A'
              : 'n'
    if (!MERGED.has(read) || symbols.at(-1) !== read) symbols.push(read)
  })
  symbols.push('$')
  return symbols
}

/** Runs of these are one: how long a name is says nothing. */
const MERGED = new Set(['n', 'N', 'FOREIGN', '#'])

function toSymbol(kind: string, text: string): string {
  if (kind === 'mark') return /[,.;:?!]/.test(text) ? text : '#'
  if (kind === 'line') return '/'
  return kind === 'name' ? 'N' : kind.toUpperCase()
}
