/**
 * Characters that do something instead of showing something, or that show nothing: controls, directions, what is
 * ignored, what stands for nothing, and spaces that are none of the keyboard's.
 */
export const HOSTILE =
  /[\u0000-\u001f\u007f-\u00a0\u2000-\u200a\u202f\u205f\u2800]|\p{Cf}|\p{Zl}|\p{Zp}|\p{Co}|\p{Cn}|\p{Cs}|\p{Default_Ignorable_Code_Point}/gu

/** A text of others in which every such character is to be seen: `‹U+202E›`. Lines stay where they are kept; else they are seen too. */
export function toVisible(text: string, { lines = false } = {}): string {
  return text.replace(HOSTILE, (character) => (lines && character === '\n' ? character : nameOf(character)))
}

/** Which of them a text holds, and how often: `U+202E 2 times`. */
export function describeHostile(text: string): string {
  const counts = new Map<string, number>()
  for (const [character] of text.matchAll(HOSTILE)) counts.set(nameOf(character), (counts.get(nameOf(character)) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${name.slice(1, -1)}${count === 1 ? '' : ` ${count} times`}`).join(', ')
}

function nameOf(character: string): string {
  return `‹U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}›`
}
