import { formatPassages, toSection } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { answerFromSections } from './answer-from-sections.ts'

describe('a vote is exactly one of its options', () => {
  test.each<[string, string, string[], string]>([
    ['yes where the best sentence says so', 'Are stalled jobs retried?', ['A stalled job is moved back to the waiting list and is retried.'], 'yes'],
    ['no where it denies', 'Are stalled jobs deleted?', ['Stalled jobs are never deleted by a worker.'], 'no'],
    ['yes where it denies what is denied', 'Is it so that stalled jobs are not deleted?', ['Stalled jobs are never deleted by a worker.'], 'yes'],
    ['no where nothing speaks of it', 'Are whales fish?', ['Stalled jobs are never deleted by a worker.'], 'no'],
  ])('%s', (_name, question, texts, choice) => {
    expect(vote(question, ['yes', 'no'], texts)).toBe(choice)
  })

  test('the one that the passages speak for most', () => {
    const texts = [
      'Redis keeps retries in a sorted set and retries them safely.',
      'Retries of Redis are safe after a crash.',
      'Postgres is a database that stores rows.',
    ]
    expect(vote('Which is safer for retries?', ['Postgres', 'Redis'], texts)).toBe('Redis')
  })

  test('the first, where nothing speaks for any', () => {
    expect(vote('Which is prettier?', ['red', 'blue'], ['Stalled jobs are never deleted by a worker.'])).toBe('red')
    expect(vote('Which is prettier?', ['red', 'blue'], [])).toBe('red')
  })

  test('whatever the question, the same every time', () => {
    const ask = (): string => vote('Which of these?', ['a b', 'c-d', 'e'], ['C-D it is, said everybody who was asked.'])
    expect(ask()).toBe('c-d')
    expect(ask()).toBe(ask())
  })
})

describe('a judge', () => {
  const JUDGING =
    'Several agents were asked the question below, and their answers are among the results. Judge which answer is best supported, and give that answer and nothing else.\n\n'

  test('goes by what most voters say', () => {
    expect(judge(['no', 'Yes.', 'yes'], ['Stalled jobs are never retried by anybody.'])).toBe('yes')
  })

  test('breaks a tie by the evidence', () => {
    expect(judge(['no', 'yes'], ['A stalled job is moved back to the waiting list and is retried.'])).toBe('yes')
    expect(judge(['yes', 'no'], ['Stalled jobs are never retried by anybody.'])).toBe('no')
  })

  function judge(votes: string[], texts: string[]): string {
    const results = votes.map((text, index) => `## vote_${index + 1} (reasoning)\n${text}`).join('\n\n')
    return vote(`${JUDGING}Are stalled jobs retried?`, ['yes', 'no'], texts, results)
  }
})

function vote(question: string, options: string[], texts: string[], results = ''): string {
  const passages = texts.map((text, index) => ({ source: `file-${index + 1}.md`, start: 0, end: text.length, text }))
  const sections = [
    toSection('goal', 'Something else. Let them vote.'),
    toSection('instruction', `${question}\n\nAnswer with exactly one of: ${options.join(' | ')}`),
    ...(results === '' ? [] : [toSection('results', results)]),
    ...(texts.length === 0 ? [] : [toSection('passages', formatPassages(passages))]),
  ]
  return answerFromSections(sections.join('\n\n')) ?? ''
}
