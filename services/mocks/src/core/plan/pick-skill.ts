import type { AgentSummary } from '@signalbox/contracts'

/** One agent's one skill, chosen for a piece of work. */
export interface Offer {
  agent: string
  skill: string
}

/** A piece of work that plans are made of, and the words by which a card offers it. */
const WORK = {
  retrieve: {
    id: 'retrieve',
    words: /\b(?:retriev\w*|search\w*|look(?:s|ing)?[ -]?up|find\w*|passages?|knowledge|crawl\w*|query|queries)\b/i,
  },
  reason: {
    id: 'reason',
    words: /\b(?:reason\w*|analy[sz]\w*|compar\w*|evaluat\w*|assess\w*|think\w*)\b/i,
  },
  answer: {
    id: 'answer',
    words: /\b(?:answer\w*|writ(?:e|es|ing)|summari[sz]\w*|compos\w*|report\w*|text)\b/i,
  },
} as const

export type Work = keyof typeof WORK

/**
 * The skill that fits a piece of work best, by what the cards say and nothing else: its id counts
 * most, then its tags, its name, and its description. Agents that say that they are mocks come last.
 */
export function pickSkill(work: Work, agents: readonly AgentSummary[]): Offer | undefined {
  const offers = agents.flatMap((agent) =>
    agent.skills.map((skill) => ({
      agent: agent.id,
      skill: skill.id,
      fit: fitOf(work, agent, skill),
    })),
  )
  const best = offers.filter(({ fit }) => fit > 0).toSorted((a, b) => b.fit - a.fit)[0]
  return best && { agent: best.agent, skill: best.skill }
}

function fitOf(work: Work, agent: AgentSummary, skill: AgentSummary['skills'][number]): number {
  const { id, words } = WORK[work]
  let fit = 0
  if (skill.id === id) fit += 100
  else if (words.test(skill.id)) fit += 40
  // A skill made for one of the other pieces of work is not borrowed because of a word in its text.
  else if (Object.values(WORK).some((other) => other.id === skill.id) || skill.id === 'plan') return 0
  if (skill.tags.some((tag) => words.test(tag))) fit += 20
  if (words.test(skill.name)) fit += 10
  if (words.test(skill.description)) fit += 5
  const isMock = /\bmock\b/i.test(`${agent.id} ${agent.description}`)
  return fit > 0 && isMock ? fit / 100 : fit
}
