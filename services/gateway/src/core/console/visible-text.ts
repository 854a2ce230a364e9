/** A piece of somebody's text: to be shown as it is, or a sign that one would not see, by its name. */
export type TextPiece = { type: 'text'; text: string } | { type: 'sign'; label: string }

/**
 * Signs that change how text looks without being seen: controls, those that turn the direction of writing or have
 * no width, private and unassigned ones, halves of surrogate pairs, line separators, blanks other than the plain
 * one, letters that are blank, and variation selectors, in which whole messages can be hidden.
 */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}|\u2800/gu

/** More marks than any language stacks on one letter: they climb over the lines around them. */
const STACKED = /(\p{M}{4})\p{M}+/gu

/** The address of a host that looks like another: `https://аpple.com` with a Cyrillic а. */
const HOSTS = /\bhttps?:\/\/([^\s/?#"'<>\\]*[^\s/?#"'<>\\\u0020-\u007e][^\s/?#"'<>\\]*)/giu

/** Text of others, piece by piece, with nothing in it unseen. What it says is not changed: signs are named where they stand. */
export function toVisiblePieces(text: string): TextPiece[] {
  const places: { from: number; to: number; label: string }[] = []
  for (const match of text.matchAll(UNSEEN)) {
    const [sign] = match
    if (sign === '\ufe0f' && isEmoji(text.slice(0, match.index))) continue
    places.push({ from: match.index, to: match.index + sign.length, label: nameOf(sign) })
  }
  for (const match of text.matchAll(STACKED)) {
    const from = match.index + (match[1]?.length ?? 0)
    places.push({ from, to: match.index + match[0].length, label: 'more marks' })
  }
  for (const match of text.matchAll(HOSTS)) {
    const host = toPunycode(match[1] ?? '')
    const to = match.index + match[0].length
    if (host !== undefined) places.push({ from: to, to, label: `is ${host}` })
  }
  return cutAt(text, places)
}

function cutAt(text: string, places: { from: number; to: number; label: string }[]): TextPiece[] {
  const pieces: TextPiece[] = []
  let at = 0
  for (const { from, to, label } of places.toSorted((one, other) => one.from - other.from)) {
    // Two that overlap name the same signs.
    if (from < at) continue
    if (from > at) pieces.push({ type: 'text', text: text.slice(at, from) })
    pieces.push({ type: 'sign', label })
    at = to
  }
  if (at < text.length) pieces.push({ type: 'text', text: text.slice(at) })
  return pieces
}

function nameOf(sign: string): string {
  const code = sign.codePointAt(0) ?? 0
  return NAMES.get(code) ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

/** Those that people have heard of. */
const NAMES = new Map([
  [0x00, 'NUL'],
  [0x07, 'BEL'],
  [0x08, 'BACKSPACE'],
  [0x09, 'TAB'],
  [0x0d, 'CR'],
  [0x1b, 'ESC'],
  [0x7f, 'DEL'],
  [0xa0, 'NO-BREAK SPACE'],
  [0xad, 'SOFT HYPHEN'],
  [0x200b, 'ZERO WIDTH SPACE'],
  [0x200c, 'ZERO WIDTH NON-JOINER'],
  [0x200d, 'ZERO WIDTH JOINER'],
  [0x200e, 'LEFT-TO-RIGHT MARK'],
  [0x200f, 'RIGHT-TO-LEFT MARK'],
  [0x202a, 'LEFT-TO-RIGHT EMBEDDING'],
  [0x202b, 'RIGHT-TO-LEFT EMBEDDING'],
  [0x202c, 'POP DIRECTION'],
  [0x202d, 'LEFT-TO-RIGHT OVERRIDE'],
  [0x202e, 'RIGHT-TO-LEFT OVERRIDE'],
  [0x2066, 'LEFT-TO-RIGHT ISOLATE'],
  [0x2067, 'RIGHT-TO-LEFT ISOLATE'],
  [0x2068, 'FIRST STRONG ISOLATE'],
  [0x2069, 'POP ISOLATE'],
  [0xfeff, 'BYTE ORDER MARK'],
])

/** After a picture it only says that the picture is in colour. */
function isEmoji(before: string): boolean {
  return /\p{Extended_Pictographic}$/u.test(before)
}

function toPunycode(authority: string): string | undefined {
  const url = `http://${authority}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}
