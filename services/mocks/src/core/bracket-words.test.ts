import { describe, expect, test } from 'vitest'

import type { MockBehaviour } from './behaviour.ts'
import { readBracketWords } from './bracket-words.ts'

describe('each word says one thing', () => {
  test.each<[string, Partial<MockBehaviour>]>([
    ['[delay 50]', { delay_ms: 50 }],
    ['[chunks 3]', { chunks: 3 }],
    ['[fail]', { fail_times: -1, fail_retryable: false }],
    ['[down 2]', { fail_times: 2, fail_retryable: true }],
    ['[fail-if item 2] [fail-if item 3]', { fail_if: ['item 2', 'item 3'], fail_retryable: false }],
    ['[hang]', { hang: true }],
    ['[lie]', { lie: 'empty' }],
    ['[lie data]', { garbage: true }],
    ['[lie wire]', { lie: 'wire' }],
    ['[twice]', { twice: true }],
    ['[list 3]', { list: ['item 1', 'item 2', 'item 3'] }],
    ['[list 0]', { list: [] }],
    ['[list apples, two pears]', { list: ['apples', 'two pears'] }],
    ['[list 2] [stream]', { list: ['item 1', 'item 2'], stream: true }],
    ['[replan the archive is empty]', { replan: 'the archive is empty' }],
    [
      '[put a=1] [put-early b={"c": [2]}]',
      {
        put: [
          { name: 'a', value: 1, early: false },
          { name: 'b', value: { c: [2] }, early: true },
        ],
      },
    ],
    ['[put city=New York]', { put: [{ name: 'city', value: 'New York', early: false }] }],
    ['[get a] [get b]', { get: ['a', 'b'] }],
    ['[say ]', { say: '' }],
    ['[say one [2]\nand two]', { say: 'one [2]\nand two' }],
    ['[spend 100]', { spend: { tokens: 100, usd: null } }],
    ['[spend 100 0.05]', { spend: { tokens: 100, usd: 0.05 } }],
  ])('%s', (text, orders) => {
    expect(readBracketWords(text)).toEqual({ orders, rest: '' })
  })
})

test('what is no word of ours stays text', () => {
  const text = 'Apples [1] cost [two] crowns [sic], see [the guide](x) and a[0] or [[2]] [ [ ['
  expect(readBracketWords(text)).toEqual({ orders: {}, rest: text })
})

test('words are taken out of the text, wherever they stand', () => {
  expect(readBracketWords('[delay 5] Look [hang] apples up [1]. [say yes]').rest).toBe('Look apples up [1].')
})

describe('a word whose argument makes no sense is a fault that says what it wants', () => {
  test.each([
    ['[delay soon]', /\[delay\] wants a whole number from 0/],
    ['[down]', /\[down\] wants a whole number/],
    ['[list]', /\[list\] wants some words/],
    ['[list 100000]', /\[list\] wants a whole number from 0 to 1000/],
    ['[lie often]', /\[lie\] wants one of: empty, data, more, other, wire/],
    ['[put a]', /\[put\] wants name=value/],
    ['[spend 10 lots]', /\[spend\] wants tokens/],
    ['[replan]', /\[replan\] wants some words/],
  ])('%s', (text, fault) => {
    expect(() => readBracketWords(text)).toThrow(fault)
  })
})
