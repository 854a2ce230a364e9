/** What stands in a line. Nothing of it is ever HTML: what draws it makes text of text. */
export type Inline =
  | { type: 'text'; text: string }
  | { type: 'code'; text: string }
  | { type: 'strong' | 'emphasis' | 'struck'; children: Inline[] }
  | { type: 'link'; href: string; children: Inline[] }
  | { type: 'citation'; n: number }
  | { type: 'break' }

/** How deep one thing may stand in another; deeper than that it is text as it was written. */
const DEEPEST = 6

/**
 * Reads the inline part of Markdown that answers use: code, bold, emphasis, struck, links, and `[n]` as citations.
 * Only `http:`, `https:` and `mailto:` are links; an image is a link to it, because showing it would ask a stranger's server.
 */
export function parseInline(text: string, depth = 0): Inline[] {
  const found: Inline[] = []
  let plain = ''
  let at = 0
  // A mark that nothing closes from here on is closed by nothing further on.
  const unclosed = new Set<string>()
  const flush = (): void => {
    if (plain !== '') found.push({ type: 'text', text: plain })
    plain = ''
  }
  while (at < text.length) {
    const match = depth < DEEPEST ? matchAt(text, at, depth, unclosed) : undefined
    if (!match) {
      // A backslash makes the mark after it a mere character.
      const isEscape = text[at] === '\\' && /[\\`*_{}[\]()#+\-.!~|>]/.test(text[at + 1] ?? '')
      plain += text[isEscape ? at + 1 : at] ?? ''
      at += isEscape ? 2 : 1
      continue
    }
    flush()
    found.push(match.inline)
    at += match.length
  }
  flush()
  return found
}

interface Match {
  inline: Inline
  length: number
}

function matchAt(text: string, at: number, depth: number, unclosed: Set<string>): Match | undefined {
  switch (text[at]) {
    case '`':
      return matchCode(text, at, unclosed)
    case '*':
    case '_':
    case '~':
      return matchEmphasis(text, at, depth, unclosed)
    case '!':
      return text[at + 1] === '[' ? shifted(matchLink(text, at + 1, depth)) : undefined
    case '[':
      return matchCitation(text, at) ?? matchLink(text, at, depth)
    case '<':
      return matchAutolink(text, at)
    case 'h':
      return at === 0 || !/\w/.test(text[at - 1] ?? '') ? matchBareUrl(text, at) : undefined
    case '\n':
      return { inline: { type: 'break' }, length: 1 }
    default:
      return undefined
  }
}

function matchCode(text: string, at: number, unclosed: Set<string>): Match | undefined {
  const ticks = /^`+/.exec(text.slice(at, at + 16))?.[0] ?? '`'
  if (unclosed.has(ticks)) return undefined
  const end = text.indexOf(ticks, at + ticks.length)
  if (end === -1) {
    unclosed.add(ticks)
    return undefined
  }
  return { inline: { type: 'code', text: text.slice(at + ticks.length, end).replace(/^ (.+) $/s, '$1') }, length: end + ticks.length - at }
}

const MARKS = [
  { mark: '**', type: 'strong' },
  { mark: '__', type: 'strong' },
  { mark: '~~', type: 'struck' },
  { mark: '*', type: 'emphasis' },
  { mark: '_', type: 'emphasis' },
] as const

function matchEmphasis(text: string, at: number, depth: number, unclosed: Set<string>): Match | undefined {
  for (const { mark, type } of MARKS) {
    if (unclosed.has(mark) || !text.startsWith(mark, at) || /\s/.test(text[at + mark.length] ?? ' ')) continue
    // `snake_case` is a name.
    if (mark[0] === '_' && /\w/.test(text[at - 1] ?? '')) continue
    const end = closing(text, at + mark.length, mark)
    if (end === -1) {
      unclosed.add(mark)
      continue
    }
    return { inline: { type, children: parseInline(text.slice(at + mark.length, end), depth + 1) }, length: end + mark.length - at }
  }
  return undefined
}

function closing(text: string, from: number, mark: string): number {
  for (let end = text.indexOf(mark, from); end !== -1; end = text.indexOf(mark, end + 1)) {
    const isInside = end > from && !/\s/.test(text[end - 1] ?? ' ') && text[end - 1] !== '\\'
    const isWhole = mark.length === 2 || (text[end + 1] !== mark && text[end - 1] !== mark)
    if (isInside && isWhole && (mark[0] !== '_' || !/\w/.test(text[end + mark.length] ?? ' '))) return end
  }
  return -1
}

function matchCitation(text: string, at: number): Match | undefined {
  const [whole, n] = /^\[(\d{1,3})\](?!\()/.exec(text.slice(at, at + 8)) ?? []
  return whole === undefined ? undefined : { inline: { type: 'citation', n: Number(n) }, length: whole.length }
}

function matchLink(text: string, at: number, depth: number): Match | undefined {
  const [whole, label, target] =
    /^\[([^[\]\n]{0,500})\]\(\s{0,4}<?([^\s<>()]{1,2000}(?:\([^\s<>()]{0,500}\)[^\s<>()]{0,500})?)>?(?:\s+"[^"\n]{0,300}")?\s{0,4}\)/.exec(
      text.slice(at, at + 4_000),
    ) ?? []
  if (whole === undefined || label === undefined || target === undefined) return undefined
  const href = toSafeHref(target)
  if (href === undefined) return undefined
  return { inline: { type: 'link', href, children: label === '' ? [{ type: 'text', text: target }] : parseInline(label, depth + 1) }, length: whole.length }
}

function matchAutolink(text: string, at: number): Match | undefined {
  const [whole, target] = /^<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/.exec(text.slice(at, at + 2_100)) ?? []
  const href = target === undefined ? undefined : toSafeHref(target)
  return whole === undefined || target === undefined || href === undefined
    ? undefined
    : { inline: { type: 'link', href, children: [{ type: 'text', text: target }] }, length: whole.length }
}

function matchBareUrl(text: string, at: number): Match | undefined {
  const [found] = /^https?:\/\/[^\s<>"'`\]|]{1,2000}/.exec(text.slice(at, at + 2_100)) ?? []
  // A sentence's end is not the address's.
  const target = found?.replace(/[.,;:!?)*_]+$/, '')
  const href = target === undefined ? undefined : toSafeHref(target)
  return target === undefined || href === undefined
    ? undefined
    : { inline: { type: 'link', href, children: [{ type: 'text', text: target }] }, length: target.length }
}

function shifted(match: Match | undefined): Match | undefined {
  return match && { ...match, length: match.length + 1 }
}

const SAFE: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])

/** The address where following it does no more than open it; undefined for all others. */
export function toSafeHref(target: string): string | undefined {
  try {
    const url = new URL(target)
    return SAFE.has(url.protocol) && url.username === '' && url.password === '' ? url.href : undefined
  } catch {
    return undefined
  }
}
