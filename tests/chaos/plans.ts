import type { AgentNode, Plan } from '@signalbox/contracts'

import { createDice, type Dice } from './dice.ts'

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

/**
 * A plan of every kind of node: a list, a map over it, a vote on it, a plan of its own, and the answer.
 * The sub-plan's goal is in words.
 */
export function planOfAllKinds(goal: string, dice: Dice): Plan {
  const work = (words = ''): string => `pause=${dice.between(50, 300)} words=1 ${words}`
  const [ant, bee, cat] = WORKERS
  const ofEvery = { on_failure: 'fail' } as const
  return {
    goal,
    nodes: [
      nodeOf({ id: 'list', agent: cat, instruction: work('lines=12') }),
      { id: 'map', kind: 'map', agent: dice.pick(WORKERS), instruction: work(), needs: ['list'], over: 'list', on_item_failure: 'fail', ...ofEvery },
      {
        id: 'vote',
        kind: 'vote',
        voters: [{ agent: ant }, { agent: bee }, { agent: cat }],
        decide: 'majority',
        options: ['yes', 'no'],
        instruction: work('says=yes'),
        needs: ['list'],
        ...ofEvery,
      },
      { id: 'sub', kind: 'plan', instruction: goalOf({ layers: 3, width: 2, pause: [50, 300], seed: dice.between(1, 1_000_000) }), needs: [], ...ofEvery },
      nodeOf({ id: 'answer', agent: dice.pick(WORKERS), instruction: work(), needs: ['map', 'vote', 'sub'] }),
    ],
    answer: 'answer',
  }
}

/** What an instruction asks of a worker: how long it takes, in how many pieces its text comes, how many lines it has, and what it begins with. */
export function workIn(instruction: string): { pauseMs: number; words: number; lines: number; says: string } {
  return {
    pauseMs: wordIn(instruction, 'pause'),
    words: wordIn(instruction, 'words'),
    lines: Number(/\blines=(\d+)/.exec(instruction)?.[1] ?? 1),
    says: /\bsays=(\w+)/.exec(instruction)?.[1] ?? '',
  }
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
