/** A text's beginning, ended where a paragraph or else a line ends; the whole of it where cutting would save little. */
export function cutLong(text: string, most: number): string {
  if (text.length <= most * 1.3) return text
  const head = text.slice(0, most)
  const paragraph = head.lastIndexOf('\n\n')
  const line = head.lastIndexOf('\n')
  if (paragraph > most / 2) return head.slice(0, paragraph)
  if (line > most / 2) return head.slice(0, line)
  // Not between the two halves of a character.
  return /[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head
}
