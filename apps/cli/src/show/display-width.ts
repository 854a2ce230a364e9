const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
/** East Asian wide and full-width characters, and pictures. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})|\ufe0f/u

/** How many columns a terminal gives a line of text. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment)
  return width
}

/** The text where it fits, else as much of it as does, and a mark that there is more. */
export function fitTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let room = width - 1
  for (const { segment } of graphemes.segment(text)) {
    room -= widthOf(segment)
    if (room < 0) break
    kept += segment
  }
  return width < 1 ? '' : `${kept}…`
}

function widthOf(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2
  return /^\p{M}+$/u.test(grapheme) ? 0 : 1
}
