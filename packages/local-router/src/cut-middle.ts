const HEAD_CHARACTERS = 2_400
const TAIL_CHARACTERS = 800

/** What is read of a request: what is asked stands at its ends, and judging it must not take longer for a long one. */
export function cutMiddle(text: string): string {
  return text.length <= HEAD_CHARACTERS + TAIL_CHARACTERS ? text : `${text.slice(0, HEAD_CHARACTERS)}\n\n${text.slice(-TAIL_CHARACTERS)}`
}
