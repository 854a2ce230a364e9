import { expect, test } from 'vitest'

import { createFaultDealer, readFaultPlan, type PlannedFault } from './fault-plan.ts'

test('reads a target, a fault and how often', () => {
  expect(readFaultPlan('plan: malformed-structured *1, any: delay=20;status=503;retry-after=2')).toEqual([
    { target: 'plan', fault: { delayMs: 0, wrong: { type: 'malformed-structured' } }, times: 1 },
    { target: 'any', fault: { delayMs: 20, wrong: { type: 'status', status: 503, retryAfterS: 2 } }, times: Number.POSITIVE_INFINITY },
  ])
  expect(readFaultPlan('')).toEqual([])
})

test.each([
  ['chat', "'chat' is not of the form 'target: fault *times'"],
  ['weather: hang', "'weather' is none of routing, plan, answer, structured, call, chat, embeddings, models, any"],
  ['chat: retry-after=1', "x-mock-fault 'retry-after' goes with 'status'."],
  ['chat: delay=soon', "x-mock-fault 'delay' must be a whole number from 0 to 600000."],
  ['chat: hang=1', "x-mock-fault 'hang' takes no value."],
  ['chat: delay=1;delay=2', "x-mock-fault names 'delay' twice."],
])('says what is wrong with %s', (text, problem) => {
  expect(readFaultPlan(text)).toBe(problem)
})

test('deals each fault as often as it was planned, in order, to its own target', () => {
  const deal = createFaultDealer(readFaultPlan('chat: status=500 *1, chat: hang *1') as PlannedFault[])
  expect(deal('plan')).toBeUndefined()
  expect([deal('chat')?.wrong?.type, deal('chat')?.wrong?.type, deal('chat')]).toEqual(['status', 'hang', undefined])
})
