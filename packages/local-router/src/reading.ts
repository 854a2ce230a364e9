import { cutMiddle } from './cut-middle.ts'
import { findActions, type Action } from './find-actions.ts'
import { maskPasted } from './mask-pasted.ts'
import { findOpenEnds, type OpenEnds } from './open-ends.ts'
import { readTokens } from './read-tokens.ts'
import { findSkills } from './find-skills.ts'
import type { Mention } from './mention.ts'
import { dropRoutingTalk } from './routing-talk.ts'
import type { Token } from './token.ts'
import { senseOf, type WordSense } from './word-senses.ts'

/** A request as it is judged: its tokens, what each word can be, and what is asked to be done. */
export interface Reading {
  tokens: readonly Token[]
  senses: readonly (WordSense | undefined)[]
  actions: readonly Action[]
  /** What capabilities it speaks of. */
  mentions: readonly Mention[]
  openEnds: OpenEnds
}

export function readRequest(request: string): Reading {
  const tokens = maskPasted(readTokens(dropRoutingTalk(cutMiddle(request))))
  const senses = tokens.map((token) => (token.kind === 'word' ? senseOf(token.text) : undefined))
  const actions = findActions(tokens, senses)
  const mentions = findSkills(tokens, actions)
  return { tokens, senses, actions, mentions, openEnds: findOpenEnds(tokens, actions, mentions) }
}
