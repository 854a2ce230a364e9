import { formatPassages, toSection } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { answerFromSections } from './answer-from-sections.ts'

const DOCUMENT = `# Concurrency setting

The concurrency setting of a worker says how many jobs it processes at once.

# Lock duration setting

The lock duration setting of a worker says how long a job stays locked.`

test('a list is a line for each heading that the question’s words stand under', () => {
  expect(answer({ instruction: 'List every setting of workers that is found, one a line, and nothing else.', passages: [DOCUMENT] })).toBe(
    'Concurrency setting\nLock duration setting',
  )
})

test('a list of documents is their names', () => {
  expect(
    answer({
      instruction: 'List every document that mentions workers that is found, one a line, and nothing else.',
      passages: [DOCUMENT, 'Walls are painted twice.'],
    }),
  ).toBe('file-1.md\nfile-2.md')
})

test('an item is answered by what is said of it', () => {
  const text = answer({ instruction: 'Explain the item.', results: ['## item (reasoning)\nLock duration setting'], passages: [DOCUMENT] })
  expect(text).toBe('**Lock duration setting**\n\nThe lock duration setting of a worker says how long a job stays locked. [1]')
})

test('an item that is a file is answered from that file', () => {
  const text = answer({
    goal: 'Summarise every document that mentions workers.',
    instruction: 'Summarise the item.',
    results: ['## item (reasoning)\nfile-2.md'],
    passages: [DOCUMENT, 'Workers of the second file sleep at night.'],
  })
  expect(text).toBe('**file-2.md**\n\nWorkers of the second file sleep at night. [2]')
})

test('what was worked out for each item is passed on, and not quoted from', () => {
  const text = answer({
    goal: 'For every setting of workers that is found, explain it.',
    results: ['## list (reasoning)\nA\nB', '## each.1 (reasoning)\n**A**\n\nA does [1].', '## each.2 (reasoning)\n**B**\n\nB does [1].'],
    passages: [DOCUMENT],
  })
  expect(text).toBe('**A**\n\nA does [1].\n\n**B**\n\nB does [1].')
})

test('a decision stands first, and what it rests on after it', () => {
  const text = answer({
    goal: 'Is the lock duration of a worker a setting? Let three agents vote.',
    results: ['## vote (vote)\nyes (by majority; votes: yes 3)'],
    passages: [DOCUMENT],
  })
  expect(text).toMatch(/^\*\*Decided by vote:\*\* yes \(by majority; votes: yes 3\)\n\n.*lock duration setting.*\[1\]/s)
})

test('what a plan of its own came to is passed on beside the rest', () => {
  const goal = 'Find out how walls are painted as a sub-project. How long does a job stay locked by a worker?'
  const text = answer({ goal, results: ['## study-walls (plan)\nWalls are painted twice.'], passages: [DOCUMENT] })
  expect(text).toContain('stays locked. [1]')
  expect(text).toMatch(/Walls are painted twice\.$/)
})

function answer({
  goal = 'Say something.',
  instruction = 'Write the answer to the goal from the results, and cite the passages it rests on.',
  results = [],
  passages = [],
}: {
  goal?: string
  instruction?: string
  results?: string[]
  passages?: string[]
}): string | undefined {
  const material = passages.map((text, index) => ({ source: `file-${index + 1}.md`, start: 0, end: text.length, text }))
  const sections = [
    toSection('goal', goal),
    toSection('instruction', instruction),
    ...(results.length > 0 ? [toSection('results', results.join('\n\n'))] : []),
    ...(passages.length > 0 ? [toSection('passages', formatPassages(material))] : []),
  ]
  return answerFromSections(sections.join('\n\n'))
}
