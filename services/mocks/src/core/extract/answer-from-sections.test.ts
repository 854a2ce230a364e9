import { formatPassages, toSection } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { answerFromSections } from './answer-from-sections.ts'

const STALLED = `# Stalled jobs

When a worker starts to process a job, it places a lock on this job.

A stalled job is moved back to the waiting status and will be processed again by another worker.

\`\`\`ts
const stalled = new StalledJob({ stalled: true })
\`\`\`

| stalled | jobs |
|---|---|
| a stalled job row | of a table |

See [the guide](https://example.com/stalled) for *all* stalled job settings.`

const DELAYED = `# Delayed jobs

Delayed jobs are placed into a special delayed set instead of being processed as fast as possible.

There are two ways to delay a job:

- set the \`delay\` option
- call the method \`changeDelay\``

const PAINT = 'Walls are painted twice. The second coat dries overnight in a warm room.'

describe('a single question', () => {
  test('is answered in the sentences that carry its words, each with its number', () => {
    const answer = answerTo('What is a stalled job?', STALLED, PAINT)
    expect(answer).toContain('A stalled job is moved back to the waiting status and will be processed again by another worker. [1]')
    expect(answer).not.toContain('[2]')
  })

  test('is never answered with code, tables, headings or link syntax', () => {
    const answer = answerTo('What is a stalled job?', STALLED)
    expect(answer).not.toMatch(/new StalledJob|\||# |https:\/\//)
    expect(answer).toContain('See the guide for all stalled job settings. [1]')
  })

  test('on which the passages say nothing is told so, with where was looked', () => {
    expect(answerTo('What is the capital of France?', STALLED, PAINT)).toBe(
      'I found nothing on “What is the capital of France” in the 2 passages that I was given, from `file-1.md` and `file-2.md`.',
    )
  })

  test('is not answered by a sentence that shares one word of two with it', () => {
    expect(answerTo('What is the capital of Norway?', 'A capital letter begins every sentence of this page.')).toContain('I found nothing')
  })

  test('is not answered out of a code block, even one that reads like prose or was cut by the passage', () => {
    expect(answerTo('What is a stalled job?', '```text\nA stalled job is a comment in a block of code.\n```\n\nNothing else is here.')).toContain(
      'I found nothing',
    )
    expect(answerTo('What is a stalled job?', 'A stalled job is a comment in a block of code.\n```\n\nNothing else is here.')).toContain('I found nothing')
  })

  test('has a short list quoted as one sentence with what leads up to it', () => {
    expect(answerTo('How can I delay a job?', DELAYED)).toContain(
      'There are two ways to delay a job: set the `delay` option; call the method `changeDelay`. [1]',
    )
  })
})

describe('a comparison', () => {
  test('has a group for each side, with the file it is from and its own sentences', () => {
    const answer = answerTo('Compare stalled jobs with delayed jobs.', STALLED, DELAYED)
    const [first = '', second = ''] = answer.split('**Delayed jobs**')
    expect(first).toContain('**Stalled jobs** (`file-1.md`)')
    expect(first).toContain('[1]')
    expect(first).not.toContain('[2]')
    expect(second).toContain('Delayed jobs are placed into a special delayed set instead of being processed as fast as possible. [2]')
    expect(second).not.toContain('[1]')
  })

  test('quotes a sentence that speaks of both sides once', () => {
    const answer = answerTo('Compare stalled jobs with delayed jobs.', `${STALLED}\n\nA delayed job is never a stalled job.`, DELAYED)
    expect(answer.split('A delayed job is never a stalled job.').length).toBeLessThanOrEqual(2)
    expect(answer).toContain('A delayed job is never a stalled job.')
  })

  test('prefers what speaks of the question to what only names the file again', () => {
    const place = { source: 'north-address.md', start: 0, end: 9, text: 'The war was long and cold. The north address was given on a Tuesday in March.' }
    const other = { source: 'south-address.md', start: 0, end: 9, text: 'A second war tired everybody. The south address was given on a Friday in May.' }
    const goal = 'Compare what the North Address and the South Address say about the war.'
    const answer = answerFromSections([toSection('goal', goal), toSection('passages', formatPassages([place, other]))].join('\n\n'))
    expect(answer).toContain('The war was long and cold. [1]')
    expect(answer).toContain('A second war tired everybody. [2]')
    expect(answer).not.toMatch(/Tuesday|Friday/)
  })

  test('says which side nothing was found on', () => {
    expect(answerTo('Compare stalled jobs with purple elephants.', STALLED)).toContain('**Purple elephants**\n\nI found nothing on this')
  })

  test('draws no conclusions, and says so', () => {
    expect(answerTo('Compare stalled jobs with delayed jobs.', STALLED, DELAYED)).toContain('draws no conclusions')
  })

  test('that is an instruction of its own gets the best sentence of each side', () => {
    const prompt = [
      toSection('goal', 'Anything.'),
      toSection('instruction', 'Compare stalled jobs with delayed jobs.'),
      toSection('passages', passages(STALLED, DELAYED)),
    ].join('\n\n')
    expect(answerFromSections(prompt)?.split('\n')).toEqual([
      '- Stalled jobs: A stalled job is moved back to the waiting status and will be processed again by another worker. [1]',
      '- Delayed jobs: Delayed jobs are placed into a special delayed set instead of being processed as fast as possible. [2]',
    ])
  })
})

test('several questions are answered one by one', () => {
  const answer = answerTo('What is a stalled job? How long does the second coat dry?', STALLED, PAINT)
  expect(answer).toMatch(
    /\*\*What is a stalled job\?\*\*[^]*\[1\][^]*\*\*How long does the second coat dry\?\*\*[^]*The second coat dries overnight in a warm room\. \[2\]/,
  )
})

test('a fragment at the edge of a passage is not quoted', () => {
  const answer = answerTo(
    'What is a stalled job?',
    'stalled job that was cut in its beginning. A stalled job is moved back to waiting. The stalled job that is cut in its',
  )
  expect(answer).toBe('A stalled job is moved back to waiting. [1]')
})

test('the same sentence in two passages is quoted once', () => {
  expect(answerTo('What is a stalled job?', 'A stalled job is moved back to waiting.', 'A stalled job is moved back to waiting.')).toBe(
    'A stalled job is moved back to waiting. [1]',
  )
})

test('brackets with numbers in a passage do not become citations', () => {
  expect(answerTo('What is a stalled job?', 'A stalled job is moved back to waiting [7].')).toBe('A stalled job is moved back to waiting. [1]')
})

describe('without passages', () => {
  test('results of earlier agents are quoted under their names', () => {
    const prompt = [
      toSection('goal', 'What do apples cost?'),
      toSection('results', '## prices (market)\nApples cost two crowns a kilogram at the market. It rains.'),
    ].join('\n\n')
    expect(answerFromSections(prompt)).toBe('Apples cost two crowns a kilogram at the market. (market)')
  })

  test('results that share no words with the question are passed on as they came', () => {
    const prompt = [toSection('goal', 'What do apples cost?'), toSection('results', '## n1 (mock-search)\nTwo crowns.')].join('\n\n')
    expect(answerFromSections(prompt)).toBe('This is what came back:\n\n- mock-search: Two crowns.')
  })

  test('and without results the model says what it is and what would help', () => {
    const answer = answerFromSections([toSection('question', 'What do apples cost?'), toSection('passages', '')].join('\n\n'))
    expect(answer).toContain('scripted model')
    expect(answer).toContain('npm run ingest')
  })
})

test('a prompt that asks nothing is not answered from sections', () => {
  expect(answerFromSections(toSection('passages', passages(PAINT)))).toBeUndefined()
})

function answerTo(goal: string, ...texts: string[]): string {
  const sections = [
    toSection('goal', goal),
    toSection('instruction', 'Write the answer to the goal from the results, and cite the passages it rests on.'),
    toSection('passages', passages(...texts)),
  ]
  return answerFromSections(sections.join('\n\n')) ?? ''
}

function passages(...texts: string[]): string {
  return formatPassages(texts.map((text, index) => ({ source: `file-${index + 1}.md`, start: 0, end: text.length, text })))
}

test('what the instruction would have it say was not done is said last, and once', () => {
  const note = '“Run deploy” was rejected by alice: no. It was not done.'
  const ask = (results: string): string | undefined =>
    answerFromSections(
      [
        toSection('goal', 'Roll it out.'),
        toSection('instruction', `Write the answer to the goal from the results.\nSay that this was not done: ${note}`),
        toSection('results', results),
      ].join('\n\n'),
    )
  expect(ask('## check (mock-search)\nAll is well.')).toBe(`This is what came back:\n\n- mock-search: All is well.\n\n**Not done:** ${note}`)
  expect(ask(`## deploy (mock-search)\n${note}`)).toBe(`This is what came back:\n\n- mock-search: ${note}`)
})
