import type { Fault, NodeOutput, NodeState, VoteNode, VoteResultPart } from '@signalbox/contracts'

import { branchesOf, isSettled } from './work.ts'

export type Counted =
  | { state: 'open' }
  /** There is nothing to wait for but the judge, who has not been asked. */
  | { state: 'judge' }
  | { state: 'decided'; by: VoteResultPart['by']; choice: string; votes: number; of: number; output: NodeOutput }
  | { state: 'failed'; error: Fault }

/**
 * How far a vote is.
 *
 *  V1. A majority is more than half of all voters; as soon as it is there, nobody else is waited for.
 *  V2. When all have voted or failed, a majority is more than half of those who voted, who must be more than half of all.
 *  V3. Without a majority the judge decides, where there is one; else the vote has failed, and says how it stood.
 */
export function countVotes(node: VoteNode, nodes: Readonly<Record<string, NodeState>>): Counted {
  const branches = branchesOf(nodes, node.id)
  const voters = branches.filter(({ branch }) => branch.role === 'voter')
  const judge = branches.find(({ branch }) => branch.role === 'judge')
  const cast = voters.flatMap(({ state }) => (state.state === 'completed' && state.output ? [state.output] : []))
  const tally = tallyOf(cast, node.options)
  const top = tally[0]
  if (judge) return judged(node, judge.state, tally, cast.length)

  if (node.decide === 'majority' && top && top.votes * 2 > node.voters.length) return decided('majority', top, tally, cast.length)
  if (!voters.every(({ state }) => isSettled(state))) return { state: 'open' }
  if (cast.length * 2 <= node.voters.length) {
    return { state: 'failed', error: { code: 'agent_failed', message: `Only ${cast.length} of ${node.voters.length} voters answered.`, node: node.id } }
  }
  if (node.decide === 'majority' && top && top.votes * 2 > cast.length) return decided('majority', top, tally, cast.length)
  if (node.judge) return { state: 'judge' }
  const stood = tally.map(({ choice, votes }) => `${votes} × ${choice.slice(0, 80)}`).join(', ')
  return { state: 'failed', error: { code: 'agent_failed', message: `The vote has no majority: ${stood}.`, node: node.id } }
}

interface Counting {
  choice: string
  votes: number
  output: NodeOutput
}

/** What was voted for, most votes first; among equals, first named first. */
function tallyOf(cast: readonly NodeOutput[], options: readonly string[] | undefined): Counting[] {
  const counts = new Map<string, Counting>()
  for (const output of cast) {
    const choice = options ? optionIn(output.text, options) : output.text.trim()
    if (choice === undefined || choice === '') continue
    const key = keyOf(choice)
    const known = counts.get(key)
    if (known) known.votes += 1
    else counts.set(key, { choice, votes: 1, output })
  }
  return [...counts.values()].toSorted((a, b) => b.votes - a.votes)
}

/**
 * The option that a vote is: said alone, or else the only one that it names. Where options differ in
 * signs alone (`C` and `C++`), only what is said alone counts.
 */
function optionIn(text: string, options: readonly string[]): string | undefined {
  const exact = options.find((option) => keyOf(option) === keyOf(text))
  if (exact !== undefined) return exact
  const words = options.map(wordsOf)
  if (words.includes('') || new Set(words).size < options.length) return undefined
  const said = ` ${wordsOf(text)} `
  const named = options.filter((option) => said.includes(` ${wordsOf(option)} `))
  return named.length === 1 ? named[0] : undefined
}

/** Equal for what is the same but for case, spaces, and how the sentence ends. */
function keyOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replace(/^[\s"'“”*]+|[\s"'“”*.!]+$/g, '')
}

/** Letters and digits alone. */
function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

function judged(node: VoteNode, judge: NodeState, tally: readonly Counting[], cast: number): Counted {
  if (judge.state === 'failed' || judge.state === 'skipped')
    return { state: 'failed', error: { ...(judge.error ?? { code: 'agent_failed', message: 'The judge did not decide.' }), node: node.id } }
  if (judge.state !== 'completed' || !judge.output) return { state: 'open' }
  const choice = node.options ? optionIn(judge.output.text, node.options) : judge.output.text.trim()
  if (choice === undefined)
    return { state: 'failed', error: { code: 'agent_failed', message: `The judge's answer is none of: ${node.options?.join(', ')}.`, node: node.id } }
  const votes = tally.find((counted) => keyOf(counted.choice) === keyOf(choice))?.votes ?? 0
  return decided('judge', { choice, votes, output: { text: choice, data: judge.output.data } }, tally, cast)
}

function decided(by: VoteResultPart['by'], { choice, votes, output }: Counting, tally: readonly Counting[], of: number): Counted {
  const part: VoteResultPart = { kind: 'vote-result', by, choice, tally: tally.map((counted) => ({ choice: counted.choice, votes: counted.votes })) }
  return { state: 'decided', by, choice, votes, of, output: { text: choice, data: [part, ...output.data] } }
}
