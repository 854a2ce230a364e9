/** As many lines as are read at a glance. */
const LINES = 12

/** A text's beginning, where it is too long to be read at a glance. Nothing is cut for a few characters. */
export function toShortText(text: string, most: number): { shown: string; isCut: boolean } {
  const lines = text.split('\n', LINES + 4)
  const few = lines.length > LINES + 3 ? lines.slice(0, LINES).join('\n') : text
  const short = few.length > most * 1.25 ? few.slice(0, most).replace(/[\uD800-\uDBFF]$/, '') : few
  return { shown: short, isCut: short.length < text.length }
}
