import { expect, test } from 'vitest'

import { shieldWords } from './shield-words.ts'

test('a goal comes back as it was', () => {
  const goal = 'Deploy it [ask deploy {"note": "now, then? ]"}] and look [1] up [delay 5] twice.'
  const shield = shieldWords(goal)
  expect(shield.goal).toMatch(/^Deploy it . and look \[1\] up . twice\.$/)
  expect(shield.restore(shield.goal)).toEqual({ text: goal })
})

test('a word after a sentence’s end belongs to the sentence', () => {
  const shield = shieldWords('Deploy it. [ask deploy {}] Then check.')
  expect(shield.goal.split(/(?<=[.?!])\s+/)).toHaveLength(2)
  expect(shield.restore(shield.goal).text).toBe('Deploy it [ask deploy {}]. Then check.')
})

test('what is to be approved is taken out of the text, and said by itself', () => {
  const shield = shieldWords('Deploy it [approve-high: it is Friday], and wait [gate: look first].')
  expect(shield.restore(shield.goal)).toEqual({
    text: 'Deploy it, and wait.',
    approval: { why: 'it is Friday', risk: 'high' },
    gate: { why: 'look first', risk: 'medium' },
  })
  expect(shield.lost(['nothing'])).toHaveProperty('approval')
  expect(shield.lost([shield.goal])).toEqual({})
})

test('a goal that uses the signs itself is left as it is', () => {
  const goal = 'What is \ue000? [delay 5]'
  expect(shieldWords(goal).goal).toBe(goal)
  expect(shieldWords(goal).restore(goal)).toEqual({ text: goal })
})
