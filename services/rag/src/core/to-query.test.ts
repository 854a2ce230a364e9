import { expect, test } from 'vitest'

import { toQuery } from './to-query.ts'

test.each([
  ['Find what the documents say about retrying failed jobs', 'retrying failed jobs'],
  ['Retrieve passages about the first amendment, with sources.', 'the first amendment'],
  ['Search the knowledge base for Redis Sentinel', 'Redis Sentinel'],
  ['Please retrieve all relevant passages that describe how leases are renewed', 'how leases are renewed'],
  ['Look up the retention of sessions in the documents', 'retention of sessions'],
  ['Gather information from the docs on rate limits', 'rate limits'],
  ['Find out: what a fence is', 'what a fence is'],
  ['What do the documents say about owls?', 'owls?'],
])('of an instruction, what is asked for is searched: %s', (instruction, query) => {
  expect(toQuery(instruction)).toBe(query)
})

test.each(['how BullMQ retries failing jobs', 'list comprehensions in Python', 'check digit of an IBAN', 'get', 'Show trial', 'the documents of the congress'])(
  'what asks for nothing else is left as it is: %s',
  (instruction) => {
    expect(toQuery(instruction)).toBe(instruction)
  },
)

test('a query has an end', () => {
  expect(toQuery('owl '.repeat(10_000)).length).toBeLessThanOrEqual(2_000)
  expect(toQuery(`${'x'.repeat(1_999)}😀`).isWellFormed()).toBe(true)
})
