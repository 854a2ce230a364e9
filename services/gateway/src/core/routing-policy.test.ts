import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createPolicies, isLike, NO_ROUTING_RULES, requireAllowedModel, withinBudget, type PolicyRule, type PolicySettings } from './routing-policy.ts'

const policies = (rules: PolicyRule[], defaults: PolicySettings = {}) => createPolicies({ rules, defaults }, 'llm')

test('where nobody has written rules, everything is judged and allowed, and our aliases stand for the one model', () => {
  const of = createPolicies(NO_ROUTING_RULES, 'llm').of
  expect(of('ann', 'signalbox-auto')).toEqual({
    route: undefined,
    orchestrate: true,
    models: undefined,
    upstreamModel: 'llm',
    budget: undefined,
    classifier: true,
    local: { simple: 0, complex: 0 },
    speculate: undefined,
    sticky: true,
    rules: {},
  })
  expect(of('ann', 'gpt-4o').upstreamModel).toBeUndefined()
})

test('every setting comes from the first rule that matches and makes it, and at last from the defaults', () => {
  const { of } = policies(
    [
      { id: 'bots', match: { key: ['bot-*'] }, route: 'simple' },
      { id: 'cheap', match: { model: ['gpt-4o*'] }, classifier: false, route: 'complex' },
      { id: 'all', match: {}, local: { simple: 0.9, complex: 0.95 } },
    ],
    { budget: { usd: 1 }, local: false },
  )
  const policy = of('bot-7', 'gpt-4o-mini')
  expect(policy).toMatchObject({ route: 'simple', classifier: false, local: { simple: 0.9, complex: 0.95 }, budget: { usd: 1 } })
  expect(policy.rules).toEqual({ route: 'bots', classifier: 'cheap', local: 'all', budget: 'defaults' })
  expect(of('ann', 'gpt-4o').route).toBe('complex')
  expect(of('ann', 'other')).toMatchObject({ route: undefined, classifier: true })
})

test('a rule that names other aliases has not spoken of this one', () => {
  const { of } = policies([
    { id: 'one', match: { key: ['ann'] }, aliases: { 'signalbox-simple': 'small', 'fast': 'tiny' } },
    { id: 'two', match: {}, aliases: { 'signalbox-auto': 'large', 'fast': 'other' } },
  ])
  expect(['signalbox-simple', 'signalbox-auto', 'fast', 'constructor'].map((name) => of('ann', name).upstreamModel)).toEqual([
    'small',
    'large',
    'tiny',
    undefined,
  ])
  expect(of('bob', 'signalbox-simple').upstreamModel).toBe('llm')
})

test('a key’s own aliases can be listed, and only what it may use', () => {
  const made = policies([
    { id: 'one', match: { key: ['ann'] }, aliases: { 'fast': 'tiny', 'signalbox-auto': 'x' }, models: ['fast', 'signalbox-*'] },
    { id: 'two', match: {}, aliases: { slow: 'huge' } },
  ])
  expect(made.aliasesOf('ann')).toEqual(['fast', 'slow'])
  expect(made.aliasesOf('bob')).toEqual(['slow'])
  expect(['fast', 'slow', 'signalbox-auto'].map((model) => made.allows('ann', model))).toEqual([true, false, true])
  expect(made.allows('bob', 'anything')).toBe(true)
})

test('a model that the key may not use is refused, and the key is told which it may', () => {
  const { of } = policies([{ id: 'few', match: {}, models: ['signalbox-*', 'gpt-4o-mini'] }])
  expect(() => requireAllowedModel(of('ann', 'signalbox-auto'), 'signalbox-auto')).not.toThrow()
  expect(() => requireAllowedModel(of('ann', 'gpt-4o'), 'gpt-4o')).toThrow("model: this key may not use 'gpt-4o'. It may use signalbox-*, gpt-4o-mini.")
})

test('callers cannot fill the memory with names that they make up, and are judged right all the same', () => {
  const { of } = policies([{ id: 'a', match: { model: ['m1*'] }, route: 'simple' }])
  for (let index = 0; index < 25_000; index += 1) expect(of('ann', `m${index}`).route).toBe(String(index).startsWith('1') ? 'simple' : undefined)
})

test.each([
  ['finance', 'finance', true],
  ['finance', 'Finance', false],
  ['finance-eu', 'finance-*', true],
  ['gpt-4o', 'gpt-?o', true],
  ['gpt-4o', 'gpt-?', false],
  ['a.b', 'a*b', true],
  ['axb', 'a.b', false],
  ['', '*', true],
  ['abc', '*b*', true],
  ['abc', '', false],
])('%s is like %s: %s', (name, glob, expected) => {
  expect(isLike(name, glob)).toBe(expected)
})

test('a glob says what the same pattern would, and never takes long', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '-'), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (name, glob) => {
      const pattern = new RegExp(`^${glob.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`)
      expect(isLike(name, glob)).toBe(pattern.test(name))
    }),
  )
  expect(isLike('a'.repeat(256), `${'a*'.repeat(100)}b`)).toBe(false)
})

test('a session may spend what it asks for, and no more than the policy gives', () => {
  expect(withinBudget(undefined, undefined)).toBeUndefined()
  expect(withinBudget({ usd: 5 }, undefined)).toEqual({ usd: 5 })
  expect(withinBudget({ usd: 5, tokens: 10 }, { usd: 1, deadline_s: 60 })).toEqual({ usd: 1, tokens: 10, deadline_s: 60 })
})
