import { expect, test } from 'vitest'

import { AppError } from '@signalbox/errors'

import { route } from './route.ts'
import type { RoutingFacts } from './routing-facts.ts'

const SESSION = 'ses_00000000000000000000000000'
const OTHER = 'ses_11111111111111111111111111'
const NOTHING: RoutingFacts = {
  model: 'signalbox-auto',
  skip: false,
  force: false,
  session: undefined,
  sessionHint: undefined,
  directControl: undefined,
  question: 'compare A and B',
  instructions: '',
}
const EVERYTHING: Partial<RoutingFacts> = {
  session: SESSION,
  sessionHint: OTHER,
  directControl: 'the request has tools',
  question: '### Task:\nGenerate a title',
}

test.each<[string, Partial<RoutingFacts>, string]>([
  ['a header over everything', { ...EVERYTHING, skip: true, model: 'signalbox-orchestrated' }, 'simple header'],
  ['the other header over everything', { ...EVERYTHING, force: true, model: 'signalbox-simple' }, 'complex header'],
  ['an alias over a session', { ...EVERYTHING, model: 'signalbox-simple' }, 'simple model_alias'],
  ['a session that goes on over the other alias', { ...EVERYTHING, model: 'signalbox-orchestrated' }, `complex session ${SESSION}`],
  ['the other alias over the shape', { ...EVERYTHING, model: 'signalbox-orchestrated', session: undefined, sessionHint: undefined }, 'complex model_alias'],
  ['a named session over the shape, and over one that is hinted at', EVERYTHING, `complex session ${SESSION}`],
  ['a hint over the shape', { ...EVERYTHING, session: undefined }, `complex session ${OTHER}`],
  ['the shape over a background call', { ...EVERYTHING, session: undefined, sessionHint: undefined }, 'simple request_shape'],
  ['a background call over a model’s name', { model: 'gpt-4o', question: '### Task:\nGenerate a title' }, 'simple background_call'],
  ['a model’s own name over the classifier', { model: 'gpt-4o' }, 'simple model_name'],
  ['a named session also with a model’s own name', { model: 'gpt-4o', session: SESSION }, `complex session ${SESSION}`],
  ['a hint not with a model’s own name', { model: 'gpt-4o', sessionHint: SESSION }, 'simple model_name'],
])('%s', (_name, facts, expected) => {
  const decision = route({ ...NOTHING, ...facts })
  expect(`${decision?.needs_orchestration ? 'complex' : 'simple'} ${decision?.source}${decision?.session === undefined ? '' : ` ${decision.session}`}`).toBe(
    expected,
  )
})

test('what no rule decides is left to the classifier', () => {
  expect(route(NOTHING)).toBeUndefined()
})

test('a session by a name that is none of ours is not found, and its name goes nowhere', () => {
  expect(() => route({ ...NOTHING, session: `${SESSION}\r\nx` })).toThrow(new AppError('not_found', 'There is no such session.', { param: 'X-Session-Id' }))
  expect(route({ ...NOTHING, session: 'nonsense', skip: true })?.source).toBe('header')
})

test('two wishes that exclude each other are refused', () => {
  expect(() => route({ ...NOTHING, skip: true, force: true })).toThrow(AppError)
})
