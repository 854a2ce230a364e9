import type { Skill } from './skill-lexicon.ts'

/** A capability where it is asked for or spoken of. */
export interface Mention {
  skill: Skill
  /** Its first and its last token. */
  at: number
  end: number
  /** Says only how another is to be done, what it is for, or what there is. */
  aside: boolean
}
