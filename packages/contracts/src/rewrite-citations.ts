/**
 * Rewrites the citations of a text while it streams: `[3]` becomes whatever `resolve` says, or goes
 * away with the blank before it where that is nothing.
 *
 * 1. The result does not depend on where the text was split.
 * 2. Only what may still become a citation is held back: `[`, digits and separators after it, and
 *    blanks before it. Everything else comes out with the push that brought it.
 * 3. Lists and ranges are citations too: `[1, 3-4]` comes out as `[1][3][4]`.
 * 4. Not citations: anything in Markdown code, links (`[1](…)`), numbers of four digits or more
 *    (`[2024]`), and whatever holds a 0 (`[0, 1]`), because sources are counted from 1.
 */
export interface CitationRewriter {
  push(delta: string): string
  /** What was still held back. */
  end(): string
}

/** The new number of a source, or undefined where there is no such source. Asked in the order of the text. */
export type ResolveCitation = (n: number) => number | undefined

export function createCitationRewriter(resolve: ResolveCitation): CitationRewriter {
  let held = ''
  let codeFence = 0
  let previous = ''

  const advance = (delta: string, final: boolean): string => {
    const text = held + delta
    let out = ''
    let at = 0
    const emit = (piece: string, length: number): void => {
      out += piece
      at += length
      previous = text[at - 1] as string
    }
    while (at < text.length) {
      const ticks = matchAt(TICKS, text, at)
      if (ticks) {
        if (!final && at + ticks[0].length === text.length) break
        codeFence = nextFence(codeFence, ticks[0].length)
        emit(ticks[0], ticks[0].length)
        continue
      }
      if (codeFence > 0) {
        if (codeFence < 3 && text[at] === '\n' && previous === '\n') codeFence = 0
        emit(text[at] as string, 1)
        continue
      }
      const marker = matchAt(MARKER, text, at)
      if (marker) {
        const end = at + marker[0].length
        if (!final && end === text.length) break
        emit(text[end] === '(' ? marker[0] : rewriteMarker(marker, resolve), marker[0].length)
        continue
      }
      if (!final && matchAt(MAY_BECOME_MARKER, text, at)) break
      emit(text[at] as string, 1)
    }
    held = text.slice(at)
    return out
  }

  return { push: (delta) => advance(delta, false), end: () => advance('', true) }
}

/** A whole text at once. */
export function rewriteCitations(text: string, resolve: ResolveCitation): string {
  const rewriter = createCitationRewriter(resolve)
  return rewriter.push(text) + rewriter.end()
}

const TICKS = /`+/y
/** Bounded in every part, so that what is held back is bounded too: no marker is longer than {@link MAY_BECOME_MARKER} waits for. */
const MARKER = /([ \t]{0,8})\[[ \t]{0,2}(\d{1,3}(?:[ \t]{0,2}[-–,;][ \t]{0,2}\d{1,3}){0,15})[ \t]{0,2}\]/y
const MAY_BECOME_MARKER = /[ \t]{0,8}(?:\[[\d \t,;–-]{0,160})?$/y

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  return match && match[0] !== '' ? match : undefined
}

/** A run of backticks opens code; a run as long closes it (for fences: at least as long). */
function nextFence(open: number, run: number): number {
  if (open === 0) return run
  return run === open || (open >= 3 && run > open) ? 0 : open
}

function rewriteMarker(marker: RegExpExecArray, resolve: ResolveCitation): string {
  const [whole, blank, body] = marker as unknown as [string, string, string]
  const cited = readNumbers(body)
  if (cited.includes(0)) return whole
  const resolved = new Set(cited.map(resolve).filter((n) => n !== undefined))
  return resolved.size === 0 ? '' : `${blank}${[...resolved].map((n) => `[${n}]`).join('')}`
}

function readNumbers(body: string): number[] {
  return body.split(/[,;]/).flatMap((item) => {
    const [from, to = from] = item.split(/[-–]/).map(Number) as [number, number?]
    return from < to && to - from < 50 ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : [...new Set([from, to])]
  })
}
