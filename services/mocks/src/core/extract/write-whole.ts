import type { Result } from './read-results.ts'

/** What results that are wholes of their own come to in an answer; they are passed on, and not quoted from. */
export interface Wholes {
  /** What was decided by a vote. */
  decision: string | undefined
  /** What was worked out for each item of a list, or by a plan of its own. */
  parts: string[]
  /** The results that are neither. */
  others: Result[]
}

/**
 * Tells the results apart by who worked on them: `vote` and `plan` are no agents but kinds of node,
 * and what a map came to is handed over as `each`,
 * or item by item as `each.1` and so on.
 */
export function readWholes(results: readonly Result[]): Wholes {
  const isVote = ({ source }: Result): boolean => source === 'vote'
  const isPart = ({ name, source }: Result): boolean => source === 'plan' || /^each(?:\.\d+)?$/.test(name)
  return {
    decision: results.find(isVote)?.text,
    parts: results.filter(isPart).map(({ text }) => text),
    // The list that a map went over is in what it came to.
    others: results.filter((result) => !isVote(result) && !isPart(result) && !(result.name === 'list' && results.some(isPart))),
  }
}

/** The decision first, then what was found, then the parts. */
export function joinWholes({ decision, parts }: Wholes, found: string | undefined): string {
  return [...(decision === undefined ? [] : [`**Decided by vote:** ${decision}`]), ...(found === undefined ? [] : [found]), ...parts].join('\n\n')
}
