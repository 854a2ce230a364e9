import {
  mapResultPartSchema,
  putContextPartSchema,
  replanRequestPartSchema,
  voteResultPartSchema,
  type NodeInput,
  type VoteResultPart,
} from '@signalbox/contracts'

/**
 * What a `map` node came to, as a result for each item: every item's agent numbered its citations for
 * itself, so that the same `[1]` stands for different places in them. What a `vote` node came to, with
 * how it stood. Anything else as it is.
 */
export function takeApart(input: NodeInput): NodeInput[] {
  const map = input.data.flatMap((item) => mapResultPartSchema.safeParse(item).data ?? [])[0]
  if (map) {
    return map.items.filter(({ state }) => state === 'completed').map(({ index, text, data }) => ({ ...input, name: `${input.name}.${index + 1}`, text, data }))
  }
  const vote = input.data.flatMap((item) => voteResultPartSchema.safeParse(item).data ?? [])[0]
  return [vote ? { ...input, text: `${input.text} (${tellVote(vote)})` } : input]
}

/** `by majority; votes: yes 2, no 1` */
function tellVote({ by, tally }: VoteResultPart): string {
  const counts = tally.map(({ choice, votes }) => `${choice.slice(0, LONGEST_CHOICE)} ${votes}`)
  return `by ${by === 'judge' ? 'the judge' : 'majority'}${counts.length === 0 ? '' : `; votes: ${counts.join(', ')}`}`
}

const LONGEST_CHOICE = 80

/** Parts by which nodes speak to whoever runs the plan, and which say nothing of the matter itself. */
export function isBookkeeping(item: unknown): boolean {
  return [mapResultPartSchema, voteResultPartSchema, putContextPartSchema, replanRequestPartSchema].some((schema) => schema.safeParse(item).success)
}
