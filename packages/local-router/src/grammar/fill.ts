import { WORD_LISTS } from './capabilities.ts'
import { choose, type Random } from './random.ts'

/** Puts a word of its list into every brace; `known` goes first. Braces without a list stay as they are. */
export function fill(random: Random, template: string, known: Readonly<Record<string, string>> = {}): string {
  let filled = template
  // Words may hold braces themselves, twice deep at most.
  for (let depth = 0; depth < 3; depth++)
    filled = filled.replace(/\{([\w:-]+)\}/g, (brace, name: string) => {
      const words = WORD_LISTS[name]
      return known[name] ?? (words ? choose(random, words) : brace)
    })
  return filled
}
