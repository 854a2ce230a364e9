import type { AgentNode, Plan } from '@signalbox/contracts'

import { createDice } from './dice.ts'

/** The agents that do as they are told; the plans of these stories are drawn for them. */
export const WORKERS = ['ant', 'bee', 'cat'] as const

/** A plan of `layers` × `width` nodes, each of which rests on some of the layer before. */
export interface Shape {
  layers: number
  width: number
  /** The least and the most that a node takes, milliseconds. */
  pause: readonly [number, number]
  seed: number
  /** How many pieces a node's text comes in. */
  words?: number
}

/** The goal by which the planner draws the shape. */
export function goalOf({ layers, width, pause, seed, words = 1 }: Shape): string {
  return `layers=${layers} width=${width} pause=${pause.join('..')} words=${words} seed=${seed}`
}

/** The plan that a goal's words ask for; the same goal gives the same plan. */
export function planOf(goal: string): Plan {
  const { layers, width, pause, seed, words } = shapeOf(goal)
  const dice = createDice(seed)
  const nodes: AgentNode[] = []
  let before: string[] = []
  for (let layer = 0; layer < layers; layer += 1) {
    const ids = Array.from({ length: width }, (_, index) => `l${layer}n${index}`)
    for (const id of ids) {
      const needs = before.length === 0 ? [] : dice.shuffle(before).slice(0, dice.between(1, before.length))
      nodes.push(nodeOf({ id, agent: dice.pick(WORKERS), instruction: `pause=${dice.between(...pause)} words=${words}`, needs }))
    }
    before = ids
  }
  // The last node is the answer: it rests on all that nothing else rests on.
  const answer = nodes.at(-1) as AgentNode
  const needed = new Set(nodes.flatMap(({ needs }) => needs))
  answer.needs = nodes.map(({ id }) => id).filter((id) => id !== answer.id && (answer.needs.includes(id) || !needed.has(id)))
  return { goal, nodes, answer: answer.id }
}

/** A node with what is usual left out. */
export function nodeOf(node: Pick<AgentNode, 'id' | 'agent'> & Partial<AgentNode>): AgentNode {
  return { kind: 'agent', instruction: 'pause=0 words=1', needs: [], on_failure: 'fail', ...node }
}

/** What an instruction asks of a worker. */
export function workIn(instruction: string): { pauseMs: number; words: number } {
  return { pauseMs: wordIn(instruction, 'pause'), words: wordIn(instruction, 'words') }
}

function shapeOf(goal: string): Required<Shape> {
  const [, least, most] = /\bpause=(\d+)\.\.(\d+)/.exec(goal) ?? []
  return {
    layers: wordIn(goal, 'layers'),
    width: wordIn(goal, 'width'),
    pause: [Number(least), Number(most)],
    words: wordIn(goal, 'words'),
    seed: wordIn(goal, 'seed'),
  }
}

function wordIn(text: string, name: string): number {
  const found = new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1]
  if (found === undefined) throw new Error(`there is no ${name}= in: ${text.slice(0, 200)}`)
  return Number(found)
}
