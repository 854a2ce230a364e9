/** A piece of a text: what can be seen, the name of something that cannot, or a link that does not go where it reads. */
export interface TextPiece {
  text: string
  /** What it is, where it is shown by its name. */
  hidden?: string
  /** Of a link: the host that it goes to, where that is not how it reads. */
  goesTo?: string
}

/**
 * Characters that change how a text looks without being seen: bidirectional controls, zero-width and other
 * format characters, controls (terminal escapes begin with one), lone surrogates, tags, and blanks that are none.
 * Tabs and line ends stay what they are.
 */
const HIDDEN = new RegExp(
  [
    String.raw`\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Cn}|\p{Zl}|\p{Zp}`,
    // Every blank but the plain one, and letters that are drawn as one.
    String.raw`(?! )\p{Zs}|[\u{115f}\u{1160}\u{17b4}\u{17b5}\u{2800}\u{3164}\u{ffa0}\u{fffc}]`,
    // Joiners and selectors, that change how the character before them is drawn.
    String.raw`\u{34f}|[\u{180b}-\u{180f}]|[\u{fe00}-\u{fe0f}]|[\u{e0000}-\u{e0fff}]`,
  ].join('|'),
  'gu',
)

/** Emoji are made of several characters, some of which are not seen: between their own they hide nothing. */
const EMOJI = /\p{RGI_Emoji}/gv

const NAMES: Record<number, string> = {
  0x00: 'NUL',
  0x07: 'BEL',
  0x08: 'BS',
  0x0d: 'CR',
  0x1b: 'ESC',
  0x7f: 'DEL',
  0x9b: 'CSI',
  0xa0: 'NBSP',
  0xad: 'SHY',
  0x61c: 'ALM',
  0x200b: 'ZWSP',
  0x200c: 'ZWNJ',
  0x200d: 'ZWJ',
  0x200e: 'LRM',
  0x200f: 'RLM',
  0x202a: 'LRE',
  0x202b: 'RLE',
  0x202c: 'PDF',
  0x202d: 'LRO',
  0x202e: 'RLO',
  0x2060: 'WJ',
  0x2066: 'LRI',
  0x2067: 'RLI',
  0x2068: 'FSI',
  0x2069: 'PDI',
  0xfeff: 'BOM',
}

const LINK = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>`{}|\\^]+/giu

/** A text in pieces, so that nothing in it can hide. Put together again, the pieces' texts are the text. */
export function toPieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const host = readsAsAnotherHost(match[0])?.host
    if (host === undefined) continue
    pieces.push(...seen(text.slice(end, match.index)))
    const [first, ...rest] = seen(match[0])
    pieces.push({ text: '', ...first, goesTo: host }, ...rest)
    end = match.index + match[0].length
  }
  return [...pieces, ...seen(text.slice(end))]
}

function seen(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let end = 0
  const emoji = spansOf(text)
  let next = 0
  const isOfEmoji = (at: number): boolean => {
    while ((emoji[next]?.[1] ?? Infinity) <= at) next += 1
    return (emoji[next]?.[0] ?? Infinity) <= at
  }
  for (const match of text.matchAll(HIDDEN)) {
    const [character] = match
    if (character === '\n' || character === '\t' || isOfEmoji(match.index)) continue
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) })
    pieces.push({ text: character, hidden: nameOf(character) })
    end = match.index + character.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** Most texts hold no emoji, and those are asked cheaply. */
function spansOf(text: string): [number, number][] {
  if (!/\u{200d}|\u{fe0f}|[\u{e0020}-\u{e007f}]/u.test(text)) return []
  return [...text.matchAll(EMOJI)].map((match) => [match.index, match.index + match[0].length])
}

/** True where a text holds what is not seen, or a link that goes elsewhere than it reads. */
export function hasHidden(text: string): boolean {
  return toPieces(text).some(({ hidden, goesTo }) => hidden !== undefined || goesTo !== undefined)
}

/** The text as one line of plain characters, with names for what is not seen: for titles, and for who hears it. */
export function toPlainText(text: string): string {
  return toPieces(text)
    .map(({ text: piece, hidden }) => (hidden === undefined ? piece : `⟨${hidden}⟩`))
    .join('')
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  const name = NAMES[code]
  return name === undefined ? number : `${name} ${number}`
}

/** A link's host as it is asked for (punycode, and without the name before an @), where that is not how it reads. Undefined where nothing is hidden. */
export function readsAsAnotherHost(text: string): { shown: string; host: string } | undefined {
  const match = /\b(?:https?|wss?|ftp):\/\/([^\s/?#"'<>]+)/iu.exec(text)
  const shown = match?.[1]
  if (shown === undefined) return undefined
  const url = URL.parse(match?.[0] ?? '')
  if (!url) return undefined
  const said = shown.toLowerCase()
  return said === url.host || said.replace(/:\d+$/, '') === url.hostname ? undefined : { shown, host: url.host }
}
