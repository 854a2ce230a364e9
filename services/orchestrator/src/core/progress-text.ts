const MAX_LENGTH = 200
const EVERY_MS = 250

/** Agents' words as one line that is safe to show: no control or bidi characters, 200 at most. */
export function toProgressText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}

/** Lets through about four lines a second of what an agent says; the rest would be noise. */
export function createProgressGate(tell: (text: string) => void, now: () => number = Date.now): { say(text: string): void } {
  let last = Number.NEGATIVE_INFINITY
  let said = ''
  return {
    say(text) {
      const line = toProgressText(text)
      if (line === '' || line === said || now() - last < EVERY_MS) return
      last = now()
      said = line
      tell(line)
    },
  }
}
