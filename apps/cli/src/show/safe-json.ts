import { HOSTILE } from './visible.ts'

/** JSON of others for a terminal: the same value, with every character that would do something there as an escape. */
export function toSafeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(HOSTILE, (character) =>
    // Between the values a line's end is our own; within them there is none.
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''),
  )
}
