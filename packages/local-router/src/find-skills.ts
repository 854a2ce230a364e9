import type { Action } from './find-actions.ts'
import type { Mention } from './mention.ts'
import { settleMentions } from './settle-mentions.ts'
import type { Skill } from './skill-lexicon.ts'
import { matchSteps, patternsFrom, toAtoms } from './skill-patterns.ts'
import type { Token } from './token.ts'

/** What capabilities a request speaks of, in order. One that is spoken of twice is found twice. */
export function findSkills(tokens: readonly Token[], actions: readonly Action[]): Mention[] {
  const atoms = toAtoms(tokens)
  return settleMentions(
    tokens,
    actions,
    atoms,
    atoms.flatMap((of, at) => longest(of, at)),
  )

  /** Of what begins at one token, what reaches furthest: "detect the mood" classifies, and detects nothing. */
  function longest(of: readonly string[], at: number): Mention[] {
    if (of.length === 0) return []
    const ends = new Map<Skill, number>()
    for (const { skill, steps } of patternsFrom(of)) {
      const end = matchSteps(tokens, atoms, steps, 1, at)
      if (end !== undefined && end > (ends.get(skill) ?? -1)) ends.set(skill, end)
    }
    const furthest = Math.max(...ends.values())
    return [...ends].filter(([, end]) => end === furthest).map(([skill, end]) => ({ skill, at, end, aside: false }))
  }
}
