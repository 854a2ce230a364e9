import { describe, expect, test } from 'vitest'

import { readWishes, type Wishes } from './read-wishes.ts'

describe('a vote is asked for in many words', () => {
  test.each<[string, Partial<NonNullable<Wishes['vote']>>]>([
    [
      'Is BullMQ better than A2A for streaming? Let three agents vote.',
      { question: 'Is BullMQ better than A2A for streaming', voters: 3, options: ['BullMQ for streaming', 'A2A for streaming'] },
    ],
    ['Do three agents agree that stalled jobs are retried?', { question: 'stalled jobs are retried', voters: 3, options: ['yes', 'no'] }],
    ['Let five agents vote on whether stalled jobs are retried, and let a judge decide.', { voters: 5, judged: true, options: ['yes', 'no'] }],
    ['Which is safer for retries: BullMQ, A2A or Redis? Take a majority vote.', { voters: 3, options: ['BullMQ', 'A2A', 'Redis'] }],
    ['Should we use BullMQ or A2A? Have two independent agents vote on it.', { voters: 2, options: ['BullMQ', 'A2A'] }],
    ['Decide by majority vote whether workers can be paused.', { question: 'whether workers can be paused', options: ['yes', 'no'] }],
    ['Vote on whether workers can be paused', { question: 'whether workers can be paused', options: ['yes', 'no'] }],
    ['Can workers be paused, by majority of 7 agents?', { voters: 7, options: ['yes', 'no'] }],
  ])('%s', (goal, vote) => {
    expect(readWishes(goal).vote).toMatchObject(vote)
  })

  test('free answers have no options', () => {
    expect(readWishes('What causes stalled jobs? Let three agents decide, a judge picks the best.').vote).toEqual({
      question: 'What causes stalled jobs',
      voters: 3,
      judged: true,
    })
  })
})

describe('the same work on everything that is found', () => {
  test.each<[string, Wishes['each']]>([
    ['For every setting of workers that is found, explain what it does.', { what: 'setting of workers', work: 'Explain what it does.', stream: false }],
    ['Explain the risk for every retry setting that is found.', { what: 'retry setting', work: 'Explain the risk for the item.', stream: false }],
    ['Find all kinds of jobs and explain each as soon as it is found.', { what: 'kinds of jobs', work: 'Explain the item.', stream: true }],
    ['List the settings of workers, then describe each.', { what: 'settings of workers', work: 'Describe the item.', stream: false }],
    ['Find the settings of workers, and for each one say what it is for', { what: 'settings of workers', work: 'Say what it is for.', stream: false }],
    ['For each error code mentioned: say when it is thrown. Streaming.', { what: 'error code', work: 'Say when it is thrown.', stream: true }],
    ['Summarise every document that mentions stalled jobs.', { what: 'document that mentions stalled jobs', work: 'Summarise the item.', stream: false }],
  ])('%s', (goal, each) => {
    expect(readWishes(goal).each).toEqual(each)
  })
})

describe('a plan of its own', () => {
  test.each<[string, Wishes]>([
    ['Write a separate plan for comparing BullMQ with A2A, then say which is safer.', { goal: 'say which is safer', subplan: 'comparing BullMQ with A2A' }],
    [
      'Find out how agents discover each other as a sub-project. How are jobs retried?',
      { goal: 'How are jobs retried?', subplan: 'Find out how agents discover each other' },
    ],
    ['As a sub-plan, find out how jobs stall.', { goal: '', subplan: 'find out how jobs stall' }],
  ])('%s', (goal, wishes) => {
    expect(readWishes(goal)).toEqual(wishes)
  })
})

test.each([
  'How are amendments ratified by a majority vote?',
  'How does the senate decide by majority?',
  'What does the constitution say about the right to vote?',
  'Compare A and B, and for each one give sources',
  'For each of A, B and C, say how it fails.',
  'What is a sub-task in A2A?',
  'How do streaming and push notifications differ?',
  '',
])('%s: no shape is asked for', (goal) => {
  expect(readWishes(goal)).toEqual({ goal })
})

test.each([
  'for each of a, ',
  'for each a found, ',
  'explain for each ',
  'find a and ',
  'let three agents vote ',
  'as a sub-project ',
  'by majority ',
  'decide ',
  'use a or ',
  ' ',
  '\n',
  'a ',
])('a goal of nothing but %j is read in bounded time', (piece) => {
  const before = performance.now()
  readWishes(piece.repeat(Math.floor(3_900 / piece.length)))
  readWishes(piece.repeat(100_000))
  expect(performance.now() - before).toBeLessThan(1_000)
})
