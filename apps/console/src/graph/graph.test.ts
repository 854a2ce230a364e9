import type { NodeState, SessionView } from '@signalbox/contracts'
import { describe, expect, it } from 'vitest'

import { freshView, TWO_AND_ANSWER } from '../live/fixtures.ts'
import { layoutGraph, sizeOf } from './layout.ts'
import { firstLine, toGraph, toWholeGraph } from './to-graph.ts'

describe('a session as a graph', () => {
  it('has a box for every node and an edge for every need', () => {
    const { nodes, edges } = toGraph(freshView({ plan: TWO_AND_ANSWER, nodes: { first: done(), second: running() } }))
    expect(nodes.map(({ id, state: { state } }) => [id, state])).toEqual([
      ['first', 'completed'],
      ['second', 'running'],
      ['answer', 'pending'],
    ])
    expect(edges.map(({ id, flow }) => [id, flow])).toEqual([
      ['first→answer', 'done'],
      ['second→answer', 'idle'],
    ])
    expect(nodes.find(({ isAnswer }) => isAnswer)?.id).toBe('answer')
  })

  it('shows edges alive only while what they lead to is at work', () => {
    const flows = (answer: NodeState['state']) =>
      toGraph(freshView({ plan: TWO_AND_ANSWER, nodes: { first: done(), second: done(), answer: { ...done(), state: answer } } })).edges.map(({ flow }) => flow)
    expect(flows('running')).toEqual(['live', 'live'])
    expect(flows('waiting')).toEqual(['done', 'done'])
    expect(flows('completed')).toEqual(['done', 'done'])
  })

  it('stands few branches between what they need and the node that gathers them', () => {
    const { nodes, edges, collapsed } = toGraph(mapOver(3))
    expect(nodes.map(({ id }) => id)).toEqual(['list', 'each', 'each.0', 'each.1', 'each.2'])
    expect(edges.map(({ id }) => id)).toEqual(['list→each.0', 'list→each.1', 'list→each.2', 'each.0→each', 'each.1→each', 'each.2→each'])
    expect(collapsed).toBe(0)
  })

  it('keeps many branches behind their node until somebody opens it', () => {
    const shut = toGraph(mapOver(12))
    expect(shut.nodes.map(({ id }) => id)).toEqual(['list', 'each'])
    expect(shut.nodes[1]?.branches).toHaveLength(12)
    expect(shut.collapsed).toBe(12)
    expect(toGraph(mapOver(12), { opened: new Set(['each']) }).nodes).toHaveLength(14)
    expect(toGraph(mapOver(3), { closed: new Set(['each']) }).nodes).toHaveLength(2)
    expect(toWholeGraph(mapOver(200)).nodes).toHaveLength(202)
  })

  it('stands many branches that somebody opened in a frame, which edges lead to and from', () => {
    const { nodes, edges, frames } = toGraph(mapOver(40), { opened: new Set(['each']) })
    expect(frames).toMatchObject([{ id: 'each/branches', of: 'each' }])
    expect(edges.map(({ id }) => id)).toEqual(['list→each/branches', 'each/branches→each'])
    const { places } = layoutGraph({ nodes, edges, frames }, { aspect: 1.6 })
    const frame = places.get('each/branches')
    const outside = [...places.values()]
      .filter((place) => place.id.startsWith('each.'))
      .filter(
        (place) =>
          !frame || place.x < frame.x || place.y < frame.y || place.x + place.width > frame.x + frame.width || place.y + place.height > frame.y + frame.height,
      )
    expect(outside).toEqual([])
  })

  it('puts the judge of a vote between the voters and the vote', () => {
    const view = freshView({
      plan: {
        goal: 'g',
        answer: 'verdict',
        nodes: [
          {
            kind: 'vote',
            id: 'verdict',
            instruction: 'Which?',
            needs: [],
            on_failure: 'fail',
            decide: 'judge',
            voters: [{ agent: 'a' }, { agent: 'b' }],
            judge: { agent: 'c' },
          },
        ],
      },
      nodes: {
        'verdict': running(),
        'verdict.judge': { ...running(), branch: { of: 'verdict', role: 'judge', index: 2, agent: 'c' } },
        'verdict.0': { ...done(), branch: { of: 'verdict', role: 'voter', index: 0, agent: 'a' } },
        'verdict.1': { ...done(), branch: { of: 'verdict', role: 'voter', index: 1, agent: 'b' } },
      },
    })
    expect(toGraph(view).edges.map(({ id }) => id)).toEqual(['verdict.0→verdict.judge', 'verdict.1→verdict.judge', 'verdict.judge→verdict'])
  })

  it('shows what a revision left out after it had begun', () => {
    const { nodes } = toGraph(freshView({ plan: TWO_AND_ANSWER, nodes: { dropped: running() } }))
    expect(nodes.map(({ id }) => id)).toContain('dropped')
  })

  it('says the first line of an instruction, however it is written', () => {
    expect(firstLine('\n  Find it.\nThen more.')).toBe('Find it.')
    expect(firstLine('x'.repeat(500))).toHaveLength(200)
  })
})

describe('the layout', () => {
  it('lets no two boxes cover each other', () => {
    const graph = toWholeGraph(mapOver(40))
    const places = [...layoutGraph(graph, { aspect: 1.6 }).places.values()].filter(({ id }) => id !== 'each/branches')
    const overlaps = places.filter((a, index) =>
      places.slice(index + 1).some((b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height),
    )
    expect(overlaps).toEqual([])
    expect(places).toHaveLength(42)
  })

  it('keeps what could change places in the plan’s order', () => {
    const { places } = layoutGraph(toGraph(freshView({ plan: TWO_AND_ANSWER })), { aspect: 1.6, direction: 'right' })
    expect(places.get('first')?.y).toBeLessThan(places.get('second')?.y ?? 0)
    const wide = layoutGraph(toWholeGraph(mapOver(5)), { aspect: 1.6, direction: 'right' })
    const heights = Array.from({ length: 5 }, (_, index) => wide.places.get(`each.${index}`)?.y ?? 0)
    expect(heights).toEqual(heights.toSorted((a, b) => a - b))
  })

  it('leads an edge past the boxes between its ends', () => {
    const nodes = ['a', 'b', 'c'].map((id) => ({ id, kind: 'agent' as const }))
    const edges = ['ab', 'bc', 'ac'].map((id) => ({ id, from: id[0] ?? '', to: id[1] ?? '' }))
    const { places, ways } = layoutGraph({ nodes, edges }, { aspect: 1.6, direction: 'right' })
    const between = places.get('b')
    const numbers = (ways.get('ac')?.match(/[-\d.]+,[-\d.]+/g) ?? []).map((pair) => pair.split(',').map(Number))
    const inside = numbers.filter(
      ([x = 0, y = 0]) => between && x > between.x && x < between.x + between.width && y > between.y && y < between.y + between.height,
    )
    expect(numbers.length).toBeGreaterThan(4)
    expect(inside).toEqual([])
  })

  it('is the same every time', () => {
    const graph = toWholeGraph(mapOver(9))
    expect(layoutGraph(graph, { aspect: 1.6 })).toEqual(layoutGraph(graph, { aspect: 1.6 }))
  })

  it('goes down where there is more room below than beside', () => {
    const chain = Array.from({ length: 8 }, (_, index) => ({ id: `n${index}`, kind: 'agent' as const }))
    const edges = chain.slice(1).map(({ id }, index) => ({ id: `e${index}`, from: `n${index}`, to: id }))
    expect(layoutGraph({ nodes: chain, edges }, { aspect: 0.5 }).direction).toBe('down')
    expect(layoutGraph({ nodes: chain, edges }, { aspect: 8 }).direction).toBe('right')
    expect(layoutGraph({ nodes: chain, edges }, { aspect: 8, direction: 'down' }).direction).toBe('down')
  })

  it('gives every box a size before it is drawn', () => {
    expect(sizeOf({ kind: 'branch' }).width).toBeLessThan(sizeOf({ kind: 'map' }).width)
  })
})

function running(): NodeState {
  return { state: 'running', agent: 'rag', attempts: 1, epoch: 1 }
}

function done(): NodeState {
  return { ...running(), state: 'completed' }
}

function mapOver(items: number): SessionView {
  const branches = Array.from({ length: items }, (_, index): [string, NodeState] => [
    `each.${index}`,
    { ...running(), branch: { of: 'each', role: 'item', index, agent: 'reasoning', item: `item ${index}` } },
  ])
  return freshView({
    plan: {
      goal: 'g',
      answer: 'each',
      nodes: [
        { kind: 'agent', id: 'list', agent: 'rag', instruction: 'List them', needs: [], on_failure: 'fail' },
        { kind: 'map', id: 'each', agent: 'reasoning', instruction: 'Sum up', over: 'list.data', needs: ['list'], on_failure: 'fail', on_item_failure: 'skip' },
      ],
    },
    nodes: { list: done(), each: running(), ...Object.fromEntries(branches) },
  })
}
