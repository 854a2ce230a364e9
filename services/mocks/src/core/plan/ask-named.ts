import type { AgentNode } from '@signalbox/contracts'

import { draftNode } from './draft-node.ts'
import { mentionsOf } from './find-named-agents.ts'
import { toNodeIds } from './node-ids.ts'
import type { Offer } from './pick-skill.ts'

/** What one agent, or several together, are asked by name in a goal. */
interface NamedTask {
  offers: Offer[]
  instruction: string
  /** Once what was asked before is done. */
  isAfter: boolean
}

/**
 * A node for each time that a goal asks an agent by name, side by side, or after those before where the goal says
 * `then`. Where several are asked for several things, each is handed its own part of the goal.
 */
export function askNamed(goal: string, named: readonly Offer[]): AgentNode[] {
  const tasks = splitByNames(goal, named)
  const ids = toNodeIds(
    'ask',
    tasks.flatMap(({ offers }) => offers.map(({ agent }) => agent)),
  )
  const nodes: AgentNode[] = []
  let before: string[] = []
  for (const { offers, instruction, isAfter } of tasks) {
    const needs = isAfter ? before : []
    const own = offers.map((offer) =>
      draftNode(ids[nodes.length + offers.indexOf(offer)] as string, offer, instruction, {
        needs,
        on_failure: tasks.length > 1 || offers.length > 1 ? 'skip' : 'fail',
      }),
    )
    nodes.push(...own)
    before = own.map(({ id }) => id)
  }
  return nodes
}

/** What stands between two names of one list: `A, B and C`. */
const LISTED = /^[\s,]*(?:(?:and|or|&)\s+)?(?:the\s+)?$/i
/** What leads up to a name where something new is asked for. */
const OPENING =
  /[\s,;]*(?:\b(?:and|then|afterwards|finally)\b[\s,]*)*(?:(?:please\s+)?\b(?:ask|call|have|let|get|use|using|with|from|by|through)\s+)?(?:the\s+)?$/i

const LONGEST_OPENING = 80
const MOST_TASKS = 16

const ORDER = /\b(?:ask|call|have|let|get|use)\s+(?:the\s+)?$/i

function splitByNames(goal: string, named: readonly Offer[]): NamedTask[] {
  const mentions = named
    .flatMap((offer) => mentionsOf(goal, offer.agent).map((place) => ({ offer, ...place })))
    .toSorted((one, other) => one.start - other.start)
  const groups: { offers: Offer[]; start: number; end: number; isAfter: boolean }[] = []
  for (const { offer, start, end } of mentions) {
    if (groups.length === MOST_TASKS) break
    const last = groups.at(-1)
    const between = goal.slice(last?.end ?? 0, start)
    if (last && LISTED.test(between)) {
      if (!last.offers.includes(offer)) last.offers.push(offer)
      last.end = end
      continue
    }
    const opening = OPENING.exec(between.slice(-LONGEST_OPENING))?.[0] ?? ''
    // A name that comes up again asks for nothing new by itself.
    const isKnown = groups.some(({ offers }) => offers.some(({ agent }) => agent === offer.agent))
    if (isKnown && !ORDER.test(opening)) continue
    groups.push({ offers: [offer], start: start - opening.length, end, isAfter: last !== undefined && /\b(?:then|afterwards|finally)\b/i.test(opening) })
  }
  if (groups.length < 2) return groups.map(({ offers }) => ({ offers, instruction: goal, isAfter: false }))
  const lead = goal.slice(0, groups[0]?.start).trim()
  return groups.map(({ offers, start, isAfter }, index) => {
    const part = goal.slice(start, groups[index + 1]?.start).replace(/^[\s,;]*(?:(?:and|then|afterwards|finally)\b[\s,]*)*/i, '')
    return { offers, isAfter, instruction: `${lead === '' ? '' : `${lead} `}${part.charAt(0).toUpperCase()}${part.slice(1)}`.trim() }
  })
}
