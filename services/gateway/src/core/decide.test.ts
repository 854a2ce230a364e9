import { expect, test } from 'vitest'

import { createBoundedMap } from './bounded-map.ts'
import { createClassifying, type Classifier, type JudgedText } from './classify.ts'
import { createConversationMemory } from './conversation-memory.ts'
import { createDecider, type LocalTier } from './decide.ts'
import type { Route } from './route.ts'
import type { RoutingFacts } from './routing-facts.ts'
import { createPolicies, type PolicyRule, type PolicySettings } from './routing-policy.ts'
import { toRoutingQuestion } from './routing-question.ts'

const COMPLEX: Classifier = async () => ({ needs_orchestration: true, reason: 'compares two things' })
const SIMPLE: Classifier = async () => ({ needs_orchestration: false, reason: 'small talk' })

interface World {
  classifier?: Classifier
  local?: LocalTier['judge']
  rules?: PolicyRule[]
  defaults?: PolicySettings
}

/** A decider, and conversations with it: what users say is odd, what the assistant says is even. */
function world({ classifier = COMPLEX, local, rules = [], defaults = {} }: World = {}) {
  const asked: JudgedText[] = []
  const times: string[] = []
  const decide = createDecider({
    policies: createPolicies({ rules, defaults }, 'llm'),
    memory: createConversationMemory(createBoundedMap({ maxEntries: 100, maxAgeMs: 60_000 })),
    classifying: createClassifying({
      classifier: async (text, signal) => (asked.push(text), classifier(text, signal)),
      timeoutMs: 1_000,
      cache: createBoundedMap({ maxEntries: 100, maxAgeMs: 60_000 }),
      onFailure: () => undefined,
    }),
    local: local && { judge: local },
    onDecided: (source) => times.push(source),
  })
  const say = async (said: string[], more: Partial<RoutingFacts> = {}, owner = 'ann'): Promise<Route> => {
    const turns = said.map((text, index) => ({ role: index % 2 === 0 ? ('user' as const) : ('assistant' as const), text }))
    const facts: RoutingFacts = {
      model: 'signalbox-auto',
      skip: false,
      force: false,
      session: undefined,
      sessionHint: undefined,
      directControl: undefined,
      question: said.at(-1) ?? '',
      instructions: '',
      ...more,
    }
    const decision = decide({ owner, facts, question: () => toRoutingQuestion(turns), signal: () => new AbortController().signal })
    return 'settled' in decision ? decision.settled : decision.judge()
  }
  return { decide, say, asked, times, shown: async (...said: Parameters<typeof say>) => show(await say(...said)) }
}

function show({ needs_orchestration: isComplex, source }: Route): string {
  return `${isComplex ? 'complex' : 'simple'} ${source}`
}

test('nothing is made of a request that a rule decides: no question, no signal', () => {
  const { decide } = world()
  const facts: RoutingFacts = {
    model: 'gpt-4o',
    skip: false,
    force: false,
    session: undefined,
    sessionHint: undefined,
    directControl: undefined,
    question: 'compare',
    instructions: '',
  }
  const never = () => expect.unreachable('nobody needs it')
  expect(decide({ owner: 'ann', facts, question: never, signal: never })).toMatchObject({ settled: { source: 'model_name' } })
})

test('the classifier is asked last, then the cache knows', async () => {
  const { shown, asked } = world()
  expect(await shown(['compare A and B'])).toBe('complex classifier')
  expect(await shown(['compare A and B'])).toBe('complex cache')
  expect(asked).toHaveLength(1)
})

test('the local router decides at once where it is sure, and says how sure', async () => {
  const { decide, say, asked } = world({ local: () => ({ needs_orchestration: true, confidence: 0.97, reason: 'several sources' }) })
  expect(await say(['compare A and B'])).toMatchObject({ needs_orchestration: true, source: 'local', confidence: 0.97, reason: 'several sources' })
  expect(asked).toEqual([])
  expect(decide).toBeDefined()
})

test('where it is not, or not as sure as the policy wants it, the classifier is asked', async () => {
  const unsure = world({ local: () => undefined })
  expect(await unsure.shown(['compare A and B'])).toBe('complex classifier')
  const local = (): { needs_orchestration: boolean; confidence: number; reason: string } => ({
    needs_orchestration: false,
    confidence: 0.9,
    reason: 'one thing',
  })
  expect(await world({ local, defaults: { local: { simple: 0.95, complex: 0.5 } } }).shown(['compare A and B'])).toBe('complex classifier')
  expect(await world({ local, defaults: { local: { simple: 0.9, complex: 1 } } }).shown(['compare A and B'])).toBe('simple local')
  expect(await world({ local, defaults: { local: false } }).shown(['compare A and B'])).toBe('complex classifier')
})

test('with the classifier off, what nobody is sure of is simple, and nobody is asked', async () => {
  const { shown, asked } = world({ defaults: { classifier: false } })
  expect(await shown(['compare A and B'])).toBe('simple policy')
  expect(asked).toEqual([])
})

test('a policy decides for keys and models, but not against what its caller wishes', async () => {
  const { shown, asked } = world({
    rules: [
      { id: 'bots', match: { key: ['bot-*'] }, route: 'simple' },
      { id: 'research', match: { key: ['research'] }, route: 'complex' },
    ],
  })
  expect(await shown(['compare A and B'], {}, 'bot-1')).toBe('simple policy')
  expect(await shown(['hi'], {}, 'research')).toBe('complex policy')
  expect(await shown(['hi'], { force: true }, 'bot-1')).toBe('complex header')
  expect(await shown(['hi'], { directControl: 'the request has tools' }, 'research')).toBe('simple request_shape')
  expect(await shown(['hi'], { question: '### Task:\nGenerate a title' }, 'research')).toBe('simple background_call')
  expect(asked).toEqual([])
})

test('a model by its own name is simple, unless a policy has requests for it judged', async () => {
  const rules: PolicyRule[] = [
    { id: 'judge', match: { model: ['gpt-4o'] }, route: 'auto' },
    { id: 'always', match: { model: ['gpt-5'] }, route: 'complex' },
  ]
  expect(await world().shown(['compare'], { model: 'gpt-4o' })).toBe('simple model_name')
  expect(await world({ rules }).shown(['compare'], { model: 'gpt-4o' })).toBe('complex classifier')
  expect(await world({ rules }).shown(['compare'], { model: 'gpt-5' })).toBe('complex policy')
  expect(await world({ rules }).shown(['compare'], { model: 'gpt-4o-mini' })).toBe('simple model_name')
})

test('a key that may not orchestrate is never sent the long way, and is told so when it forces it', async () => {
  const { say, shown, asked } = world({ rules: [{ id: 'bots', match: { key: ['bot'] }, orchestrate: false }] })
  expect(await shown(['compare A and B'], {}, 'bot')).toBe('simple policy')
  expect(asked).toEqual([])
  const words = 'this key may not orchestrate (routing rule bots). Leave the wish out, or use the model signalbox-simple.'
  await expect(say(['hi'], { force: true }, 'bot')).rejects.toMatchObject({ code: 'permission_denied', message: `X-Force-Orchestration: ${words}` })
  await expect(say(['hi'], { model: 'signalbox-orchestrated' }, 'bot')).rejects.toMatchObject({ code: 'permission_denied', param: 'model' })
  // What it began before it was told so is still its own.
  expect(await shown(['hi'], { session: 'ses_00000000000000000000000000' }, 'bot')).toBe('complex session')
})

test('what a session may spend comes along with the decision that begins it', async () => {
  const { say } = world({ defaults: { budget: { usd: 0.5 } } })
  expect(await say(['compare A and B'])).toMatchObject({ budget: { usd: 0.5 } })
  expect((await say(['hi'], { skip: true })).budget).toBeUndefined()
})

test('“continue” goes on with what was complex, also when nobody would judge it so again', async () => {
  let verdicts = 0
  const { say, asked } = world({ classifier: async () => ({ needs_orchestration: verdicts++ === 0, reason: 'compares two things' }) })
  await say(['compare A and B'])
  expect(await say(['compare A and B', 'A is', 'continue'])).toMatchObject({
    needs_orchestration: true,
    source: 'sticky',
    reason: 'goes on with what was complex before: compares two things',
  })
  expect(await say(['compare A and B', 'A is', 'continue', 'B is', 'go on'])).toMatchObject({ source: 'sticky', needs_orchestration: true })
  expect(asked).toHaveLength(1)
})

test('and with what was simple it stays simple', async () => {
  const { shown, asked } = world({ classifier: SIMPLE })
  await shown(['tell me a story'])
  expect(await shown(['tell me a story', 'Once', 'go on'])).toBe('simple sticky')
  expect(asked).toHaveLength(1)
})

test('it follows what it stands after, not what the conversation was once', async () => {
  const { shown } = world({ classifier: async ({ question }) => ({ needs_orchestration: question.includes('compare'), reason: 'r' }) })
  await shown(['compare A and B'])
  await shown(['compare A and B', 'A is', 'tell me a joke'])
  expect(await shown(['compare A and B', 'A is', 'tell me a joke', 'Ha', 'another one', 'Ho', 'continue'])).toBe('simple classifier')
  expect(await shown(['compare A and B', 'A is', 'tell me a joke', 'Ha', 'continue'])).toBe('simple sticky')
})

test('thanks ask for nothing, whatever they follow', async () => {
  const { shown, asked } = world()
  await shown(['compare A and B'])
  expect(await shown(['compare A and B', 'A is. Shall I go on?', 'thanks'])).toBe('simple sticky')
  expect(await shown(['compare A and B', 'A is.', 'ok'])).toBe('simple sticky')
  expect(asked).toHaveLength(1)
})

test('“yes” to an offer is judged by the offer, and makes the conversation complex for what follows', async () => {
  const { shown, asked } = world({ classifier: async ({ question }) => ({ needs_orchestration: question.includes('compare'), reason: 'r' }) })
  const began = ['what is A?']
  const offered = [...began, 'A is this. Shall I compare it with B and C?', 'yes please']
  expect(await shown(began)).toBe('simple classifier')
  expect(await shown(offered)).toBe('complex classifier')
  expect(asked.at(-1)).toEqual({
    question: 'Shall I compare it with B and C?',
    conversation: 'user: what is A?',
    root: 'what is A?',
    follows: expect.anything() as unknown,
  })
  // It only goes up: what was agreed to since then is not asked again.
  expect(await shown([...offered, 'B is. Anything else?', 'go on'])).toBe('complex sticky')
})

test('“yes” after something complex is complex, whatever small thing was offered', async () => {
  const { shown } = world()
  await shown(['compare A and B'])
  expect(await shown(['compare A and B', 'Done. Do you want a shorter version?', 'yes'])).toBe('complex sticky')
})

test('what was forced once is gone on with without forcing it again', async () => {
  const { shown, asked } = world({ classifier: SIMPLE })
  expect(await shown(['hi'], { force: true })).toBe('complex header')
  expect(await shown(['hi', 'hello', 'continue'])).toBe('complex sticky')
  expect(asked).toEqual([])
})

test('what is not remembered is judged by what it goes on with', async () => {
  const { shown, asked } = world()
  expect(await shown(['compare A and B', 'A is', 'continue'])).toBe('complex classifier')
  expect(asked).toMatchObject([{ question: 'compare A and B', conversation: '' }])
})

test('another owner’s conversation is never gone on with, however alike it is', async () => {
  const { shown, asked } = world()
  await shown(['compare A and B'])
  expect(await shown(['compare A and B', 'A is', 'continue'], {}, 'bob')).toBe('complex classifier')
  expect(asked).toHaveLength(2)
})

test('a policy can have every turn judged by itself', async () => {
  const { shown } = world({ defaults: { sticky: false } })
  await shown(['compare A and B'])
  expect(await shown(['compare A and B', 'A is', 'continue'])).toBe('complex cache')
})

test('a failure is not remembered as what a conversation is', async () => {
  let fails = true
  const { shown } = world({
    classifier: async () => {
      if (fails) throw new Error('away')
      return { needs_orchestration: true, reason: 'r' }
    },
  })
  expect(await shown(['compare A and B'])).toBe('simple fail_open')
  fails = false
  expect(await shown(['compare A and B', 'A is', 'continue'])).toBe('complex classifier')
})

test('every decision is timed under its source; one that is only explained is not, and leaves no trace in the conversation', async () => {
  const { decide, say, times } = world({ classifier: SIMPLE })
  await say(['hi'], { skip: true })
  await say(['hi'])
  expect(times).toEqual(['header', 'classifier'])
  const steps: string[] = []
  const facts = {
    model: 'signalbox-auto',
    skip: false,
    force: false,
    session: undefined,
    sessionHint: undefined,
    directControl: undefined,
    question: '',
    instructions: '',
  }
  const question = () => toRoutingQuestion([{ role: 'user', text: 'compare A and B' }])
  const decision = decide({
    owner: 'ann',
    facts,
    question,
    signal: () => new AbortController().signal,
    note: (rule, outcome) => steps.push(`${rule}: ${outcome}`),
  })
  if ('judge' in decision) await decision.judge()
  expect(times).toHaveLength(2)
  expect(steps.slice(-4)).toEqual([
    'what the conversation was before: does not apply',
    'the decision cache: does not know the question',
    'the local router: is off',
    'the classifier: simple',
  ])
})
