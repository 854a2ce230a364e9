import type { AgentNode, MapNode } from '@signalbox/contracts'

import { draftNode, draftWork, firstOffer, type PlanningTask } from './draft-node.ts'
import { pickSkill, type Offer } from './pick-skill.ts'
import type { EachWish } from './read-wishes.ts'

/**
 * A list that is made while the plan runs, and a map over it: what is found is listed by one who
 * reasons, since passages are no list. Agents that the goal calls by name do it instead: the first
 * lists, the second works on the items.
 */
export function drawEach(wish: EachWish, { agents }: PlanningTask, named: readonly Offer[]): (AgentNode | MapNode)[] {
  const reason = pickSkill('reason', agents) ?? pickSkill('answer', agents)
  const retrieve = pickSkill('retrieve', agents)
  const lister = named[0] ?? reason
  const find = named[0] === undefined && retrieve && lister ? [draftNode('find', retrieve, wish.what)] : []
  const list = draftNode(
    'list',
    lister ?? retrieve ?? firstOffer(agents),
    named[0] ? wish.what : `List every ${singular(wish.what)} that is found, one a line, and nothing else.`,
    {
      needs: find.map(({ id }) => id),
    },
  )
  const worker = named[1] ?? reason ?? retrieve ?? firstOffer(agents)
  const each: MapNode = {
    kind: 'map',
    id: 'each',
    ...worker,
    ...draftWork(wish.work),
    needs: [list.id, ...find.map(({ id }) => id)],
    over: list.id,
    ...(wish.stream && { stream: true }),
    on_item_failure: 'skip',
    on_failure: 'fail',
  }
  return [...find, list, each]
}

/** `settings of workers` → `setting of workers` */
function singular(what: string): string {
  return what.replace(/^(\w+?)s\b(?=\s+(?:of|in|for|that|with)\b|$)/i, (whole, stem: string) => (/s$|u$|i$/i.test(stem) ? whole : stem.replace(/ie$/i, 'y')))
}
