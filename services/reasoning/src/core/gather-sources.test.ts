import type { Citation, NodeInput, Passage } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { gatherMaterial } from './gather-sources.ts'

describe('passages of several inputs', () => {
  test('are numbered in the order in which they came', () => {
    const { passages, sources } = gatherMaterial([found('a', passage('a.md', 0, 0.9), passage('a.md', 500, 0.8)), found('b', passage('b.md', 0, 0.7))], 10_000)
    expect(passages.map(({ source, start }) => [source, start])).toEqual([
      ['a.md', 0],
      ['a.md', 500],
      ['b.md', 0],
    ])
    expect(sources[2]).toEqual({ source: 'b.md', title: 'b.md', start: 0, end: 100 })
  })

  test('are there once each, with their best score', () => {
    const { passages } = gatherMaterial([found('a', passage('a.md', 0, 0.2)), found('b', passage('a.md', 0, 0.9), passage('b.md', 0, 0.5))], 10_000)
    expect(passages.map(({ source, score }) => [source, score])).toEqual([
      ['a.md', 0.9],
      ['b.md', 0.5],
    ])
  })

  test('of the same place in different documents are not the same', () => {
    const other = { ...passage('a.md', 0, 0.5), document_id: 'another' }
    expect(gatherMaterial([found('a', passage('a.md', 0, 0.9), other)], 10_000).passages).toHaveLength(2)
  })

  test('are dropped from the worst end of each list where there is no room, so that every input keeps its best', () => {
    const strong = [0.99, 0.98, 0.97, 0.96].map((score, index) => passage('strong.md', index * 100, score))
    const { passages } = gatherMaterial([found('a', ...strong), found('b', passage('weak.md', 0, 0.1))], 330)
    expect(passages.map(({ source, start }) => [source, start])).toEqual([
      ['strong.md', 0],
      ['weak.md', 0],
    ])
  })

  test('stand for the input’s own words, which only count them', () => {
    expect(gatherMaterial([found('a', passage('a.md', 0, 1))], 10_000).results).toEqual([])
  })

  test('of an input that found none leave its words', () => {
    expect(gatherMaterial([found('a')], 10_000).results).toEqual([{ name: 'a', agent: 'rag', text: '0 passages' }])
  })
})

describe('what nodes of other kinds came to', () => {
  test('is a result for each item of a map, each with its own citations', () => {
    const item = (index: number, text: string, ...citations: Citation[]) => ({ index, state: 'completed', text, data: [{ kind: 'citations', citations }] })
    const items = [item(0, 'A does [1].', cited(1, 'a.md')), { ...item(1, ''), state: 'skipped' }, item(2, 'C does [1].', cited(1, 'c.md'))]
    const whole = { ...said('each', 'A does [1].\n\nC does [1].'), data: [{ kind: 'map-result', items }, ...items.flatMap(({ data }) => data)] }
    const { results, sources } = gatherMaterial([whole], 10_000)
    expect(results).toEqual([
      { name: 'each.1', agent: 'thinker', text: 'A does [1].' },
      { name: 'each.3', agent: 'thinker', text: 'C does [2].' },
    ])
    expect(sources.map(({ source }) => source)).toEqual(['a.md', 'c.md'])
  })

  test('is the choice of a vote, and how it stood', () => {
    const tally = [
      { choice: 'yes', votes: 2 },
      { choice: 'no', votes: 1 },
    ]
    const vote = { ...said('vote', 'yes'), data: [{ kind: 'vote-result', by: 'majority', choice: 'yes', tally }] }
    expect(gatherMaterial([vote], 10_000).results).toEqual([{ name: 'vote', agent: 'thinker', text: 'yes (by majority; votes: yes 2, no 1)' }])
  })

  test('is not what they said to whoever runs the plan', () => {
    const asking = {
      ...said('work', 'Done.'),
      data: [
        { kind: 'put-context', name: 'city', value: 'Oslo' },
        { kind: 'replan-request', reason: 'more' },
      ],
    }
    expect(gatherMaterial([asking], 10_000).results).toEqual([{ name: 'work', agent: 'thinker', text: 'Done.' }])
  })
})

describe('results of earlier nodes', () => {
  test('come with their name and agent', () => {
    expect(gatherMaterial([said('facts', 'It is so.')], 10_000).results).toEqual([{ name: 'facts', agent: 'thinker', text: 'It is so.' }])
  })

  test('have their citations renumbered to ours', () => {
    const inputs = [found('a', passage('a.md', 0, 0.9), passage('b.md', 0, 0.8)), said('work', 'First B [1], then A [2].', cited(1, 'b.md'), cited(2, 'a.md'))]
    expect(gatherMaterial(inputs, 10_000).results[0]?.text).toBe('First B [2], then A [1].')
  })

  test('lend us the places that they cite and we have no passage of', () => {
    const { results, sources } = gatherMaterial([said('work', 'So says C [1].', cited(1, 'c.md')), found('a', passage('a.md', 0, 0.9))], 10_000)
    expect(results[0]?.text).toBe('So says C [2].')
    expect(sources.map(({ source }) => source)).toEqual(['a.md', 'c.md'])
  })

  test('lose numbers that they never explain, which would point at the wrong source of ours', () => {
    expect(gatherMaterial([said('work', 'Trust me [1].'), found('a', passage('a.md', 0, 0.9))], 10_000).results[0]?.text).toBe('Trust me.')
  })

  test('lose their own list of sources', () => {
    const text = 'So says C [1].\n\nSources:\n[1] c.md (0–100)'
    expect(gatherMaterial([said('work', text, cited(1, 'c.md'))], 10_000).results[0]?.text).toBe('So says C [1].')
  })

  test('bring data that we know nothing of as JSON', () => {
    const input = { ...said('prices', 'Two prices.'), data: [{ kind: 'prices', eur: [1, 2] }] }
    expect(gatherMaterial([input], 10_000).results[0]?.text).toBe('Two prices.\n\n{"kind":"prices","eur":[1,2]}')
  })

  test('share half of the room, and leave the other half to passages', () => {
    const inputs = [said('x', 'x'.repeat(5_000)), said('y', 'y'.repeat(5_000)), found('a', passage('a.md', 0, 0.9))]
    const { results, passages } = gatherMaterial(inputs, 1_000)
    expect(results.map(({ text }) => text.length)).toEqual([250, 250])
    expect(passages).toHaveLength(1)
  })
})

function passage(source: string, start: number, score: number): Passage {
  return { id: `${source}:${start}`, document_id: source, source, title: source, start, end: start + 100, text: source[0]?.repeat(100) ?? '', score }
}

function found(name: string, ...passages: Passage[]): NodeInput {
  return {
    kind: 'node-input',
    name,
    node: name,
    agent: 'rag',
    instruction: 'find',
    text: `${passages.length} passages`,
    data: [{ kind: 'passages', query: name, passages }],
  }
}

function said(name: string, text: string, ...citations: Citation[]): NodeInput {
  return {
    kind: 'node-input',
    name,
    node: name,
    agent: 'thinker',
    instruction: 'think',
    text,
    data: citations.length > 0 ? [{ kind: 'citations', citations }] : [],
  }
}

function cited(n: number, source: string): Citation {
  return { n, source, title: source, start: 0, end: 100 }
}
