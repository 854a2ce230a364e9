import { expect, test } from 'vitest'

import { estimateWaste, isAtHome, isSpeculationOn } from './speculation.ts'

const FAR = 'https://api.openai.com/v1'

test.each([
  ['a cheap model', FAR, { input: 0.15, output: 0.6 }, true],
  ['a dear model', FAR, { input: 2.5, output: 10 }, false],
  ['a model whose price is not known', FAR, undefined, false],
  ['a model at home', 'http://127.0.0.1:11434/v1', undefined, true],
  ['a model at home that has a dear one’s name', 'http://ollama:11434/v1', { input: 2.5, output: 10 }, true],
])('left to itself, %s', (_name, baseUrl, price, expected) => {
  expect(isSpeculationOn('auto', { baseUrl, price })).toBe(expected)
  expect(isSpeculationOn('on', { baseUrl, price })).toBe(true)
  expect(isSpeculationOn('off', { baseUrl, price })).toBe(false)
})

test.each([
  'localhost',
  '127.0.0.1',
  '127.9.9.9',
  '[::1]',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.1',
  '192.168.1.7',
  '[fd00::1]',
  '[fe80::1]',
  'ollama',
  'gpu.internal',
  'Box.LOCAL',
])('%s is at home', (host) => expect(isAtHome(host)).toBe(true))

test.each(['api.openai.com', '8.8.8.8', '172.32.0.1', '11.0.0.1', '192.169.0.1', '[2606:4700::1]', 'local.example.com', '10.example.com'])(
  '%s is not',
  (host) => expect(isAtHome(host)).toBe(false),
)

test('what was thrown away is guessed from what came of it, and from the time where nothing did', () => {
  const call = { requestBytes: 400, stream: false, replyBytes: 0, replyEvents: 0, milliseconds: 200 }
  expect(estimateWaste(call)).toEqual({ input: 100, output: 10 })
  expect(estimateWaste({ ...call, replyBytes: 800 })).toEqual({ input: 100, output: 200 })
  expect(estimateWaste({ ...call, stream: true, replyBytes: 800, replyEvents: 3 })).toEqual({ input: 100, output: 3 })
})
