/** Where a passage stands in its document (UTF-16 offsets, end exclusive): `text.slice(start, end)` is the passage. */
export interface Span {
  start: number
  end: number
}

export interface SplitOptions {
  /** About how long a passage may be, characters. Measured best at 800. */
  size: number
  /** About how much of a passage's end the next one begins with. */
  overlap: number
}

export const DEFAULT_SPLIT: SplitOptions = { size: 800, overlap: 150 }

/**
 * Splits a text into passages: first where headings stand, then at blank lines, lines, sentences, and
 * only where nothing else is left in the middle of a word. Every passage is a piece of the text as it
 * is, so a citation can point at it.
 */
export function splitPassages(text: string, options: SplitOptions = DEFAULT_SPLIT): Span[] {
  const units = toUnits(text, { start: bodyStart(text), end: text.length }, options.size, 0).filter(({ start, end }) => text.slice(start, end).trim() !== '')
  const spans: Span[] = []
  let first = 0
  while (first < units.length) {
    let last = first
    while (last + 1 < units.length && !beginsSection(text, units, first, last + 1, options) && lengthOf(units, first, last + 1) <= options.size) last += 1
    spans.push({ start: (units[first] as Span).start, end: (units[last] as Span).end })
    if (last + 1 >= units.length) break
    first = Math.max(first + 1, isHeading(text, units[last + 1] as Span) ? last + 1 : overlapFrom(units, last, options.overlap))
  }
  return spans.map((span) => trim(text, span))
}

/** A heading ends the passage before it, once that one is long enough to say something. */
function beginsSection(text: string, units: readonly Span[], first: number, next: number, { size }: SplitOptions): boolean {
  return isHeading(text, units[next] as Span) && lengthOf(units, first, next - 1) >= size / 4
}

function lengthOf(units: readonly Span[], first: number, last: number): number {
  return (units[last] as Span).end - (units[first] as Span).start
}

/** The earliest unit whose text, to the end of the passage, is no longer than the overlap. */
function overlapFrom(units: readonly Span[], last: number, overlap: number): number {
  let from = last + 1
  while (from - 1 > 0 && lengthOf(units, from - 1, last) <= overlap) from -= 1
  return from
}

function isHeading(text: string, { start, end }: Span): boolean {
  return /^\s*#{1,6}\s/.test(text.slice(start, Math.min(end, start + 80)))
}

/** Coarse boundaries first; a piece that is still too long is split by the next finer one. */
const BOUNDARIES = [/\n(?=#{1,6}\s)/g, /\n[ \t]*\n/g, /\n/g, /(?<=[.!?…])["')\]]*\s+|(?<=[。！？])/g, /\s+/g]

function toUnits(text: string, span: Span, size: number, level: number): Span[] {
  const { start, end } = span
  const boundary = BOUNDARIES[level]
  // Paragraphs are always kept apart, so that packing can choose; finer boundaries are used only where they must be.
  if (level >= 2 && end - start <= size) return [span]
  if (!boundary) return hardSplit(text, span, size)
  const piece = text.slice(start, end)
  const cuts = [...piece.matchAll(boundary)].map((match) => start + match.index + match[0].length)
  const edges = [start, ...cuts, end]
  return edges.slice(1).flatMap((edge, index): Span[] => {
    const from = edges[index] as number
    return edge > from ? toUnits(text, { start: from, end: edge }, size, level + 1) : []
  })
}

function hardSplit(text: string, { start, end }: Span, size: number): Span[] {
  const spans: Span[] = []
  for (let at = start; at < end;) {
    const next = Math.min(end, at + size)
    const to = next < end && isHalf(text, next) ? next - 1 : next
    spans.push({ start: at, end: to })
    at = to
  }
  return spans
}

/** Whether a cut here would part the two halves of a character. */
function isHalf(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff
}

function trim(text: string, { start, end }: Span): Span {
  const piece = text.slice(start, end)
  const body = piece.trim()
  const from = start + piece.indexOf(body)
  return { start: from, end: from + body.length }
}

/** Front matter describes the document; it is not part of what it says. */
function bodyStart(text: string): number {
  return /^---\r?\n[\s\S]*?\r?\n---\r?\n/.exec(text)?.[0].length ?? 0
}
