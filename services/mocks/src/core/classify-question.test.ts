import { expect, test } from 'vitest'

import { classifyQuestion, ROUTING_RULES } from './classify-question.ts'

test.each([
  ['', 'empty', false],
  ['Hello!', 'small-talk', false],
  ['thank you so much', 'small-talk', false],
  ['What is 17 * (3 + 4)?', 'arithmetic', false],
  ['12 divided by 4', 'arithmetic', false],
  ['Reply with exactly: OK', 'echo', false],
  ['Write a Python function that reverses a list', 'code', false],
  ['```js\nfoo()\n```\nWhat does this do?', 'code', false],
  ['Tom has 3 apples and buys twice as many pears. How many pieces of fruit does he have?', 'word-problem', false],
  ['Translate "good morning" into French', 'rewriting', false],
  ['Summarize the following text: all is well.', 'rewriting', false],
  ['Write a haiku about rain', 'creative-writing', false],
  ['Tell me a joke', 'creative-writing', false],
  ['Find flights to Rome and then book a hotel', 'several-tasks', true],
  ['Compare stalled jobs with delayed jobs', 'comparison', true],
  ['How do BullMQ and A2A handle retries?', 'comparison', true],
  ['What is a flow? What is a worker?', 'several-questions', true],
  ['Are whales fish? Let three agents vote.', 'strategy', true],
  ['For every whale that is found, say where it lives.', 'strategy', true],
  ['for each element in the list, print it', 'otherwise', false],
  ['Investigate the root cause of our stalled jobs', 'research', true],
  ['Tell me more on workers, and cite your sources', 'sources', true],
  ['What does our handbook say about holidays?', 'documents', true],
  ['What is a stalled job?', 'look-up', true],
  ['Ask mock-search to delete the backups.', 'agents', true],
  ['Say hello [ask deploy {"env":"prod"}]', 'agents', true],
  ['My day was fine.', 'otherwise', false],
] as const)('%s → %s', (question, rule, needs_orchestration) => {
  const verdict = classifyQuestion(question)
  expect(verdict.reason.split(':')[0]).toBe(rule)
  expect(verdict.needs_orchestration).toBe(needs_orchestration)
})

test('every rule has a name of its own and a reason that fits a header', () => {
  expect(new Set(ROUTING_RULES.map(({ name }) => name)).size).toBe(ROUTING_RULES.length)
  for (const { name, reason } of ROUTING_RULES) expect(`${name}: ${reason}`).toMatch(/^[\x20-\x7e]{1,200}$/)
})

test('a question of any length is classified in bounded time', () => {
  const before = performance.now()
  for (const question of ['and then write '.repeat(3_000), 'a'.repeat(50_000), 'write '.repeat(5_000), '1+'.repeat(10_000)]) classifyQuestion(question)
  expect(performance.now() - before).toBeLessThan(2_000)
})
