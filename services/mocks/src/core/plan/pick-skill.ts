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

export interface RankedOffer extends Offer {
  /** It says that it is one. */
  isMock: boolean
}

/**
 * The skill that fits a piece of work best, by what the cards say and nothing else: its id counts
 * most, then its tags, its name, and its description. Agents that say that they are mocks come last.
 */
export function pickSkill(work: Work, agents: readonly AgentSummary[]): Offer | undefined {
  const [best] = rankSkills(work, agents)
  return best && { agent: best.agent, skill: best.skill }
}

/** All skills that fit a piece of work, best first. */
export function rankSkills(work: Work, agents: readonly AgentSummary[]): RankedOffer[] {
  return agents
    .flatMap((agent) => agent.skills.map((skill) => ({ agent: agent.id, skill: skill.id, isMock: isMock(agent), fit: fitOf(work, agent, skill) })))
    .filter(({ fit }) => fit > 0)
    .toSorted((a, b) => b.fit - a.fit)
}

/** The pieces of work that a skill is made for, by its card. */
export function workOf(agent: AgentSummary, skill: string | undefined): Work[] {
  return (Object.keys(WORK) as Work[]).filter((work) => rankSkills(work, [agent]).some((offer) => skill === undefined || offer.skill === skill))
}

function isMock({ id, description }: AgentSummary): boolean {
  return /\bmock\b/i.test(`${id} ${description}`)
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
  return fit > 0 && isMock(agent) ? fit / 100 : fit
}
