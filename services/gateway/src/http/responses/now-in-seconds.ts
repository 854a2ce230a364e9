/** Times as OpenAI's objects have them. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1_000)
}
