import type { Action } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { evaluateRule } from '../../adapters/json-logic.ts'
import { createPolicies, NO_POLICIES, type PolicyRule } from './policies.ts'
import type { JudgedAction } from './ports.ts'

const RULE: PolicyRule = {
  id: 'rule',
  match: {},
  effect: 'require',
  quorum: { required: 2, eligible: ['role:operator'], exclude_requester: true },
  deadlineMs: 4_000,
  onTimeout: 'reject',
  escalate: null,
  allow: ['approve', 'edit', 'reject'],
  mask: [],
  notify: null,
}

function judge(rules: Partial<PolicyRule>[], judged: Omit<Partial<JudgedAction>, 'action'> & { action?: Partial<Action> } = {}) {
  const policies = createPolicies(
    { ...NO_POLICIES, version: 'v1', rules: rules.map((rule) => ({ ...RULE, ...rule })) },
    { evaluate: evaluateRule, seal: 'a seal' },
  )
  const action: Action = { type: 'deploy', title: 'Deploy', args: { env: 'prod' }, side_effects: [], reversible: null, secrets: [], ...judged.action }
  return policies.judge({ source: 'agent', agent: 'deploy-eu', skill: undefined, said: {}, ...judged, action })
}

test('where no rule matches, plans and agents are asked about by the defaults, and nothing else is', () => {
  expect(judge([])).toEqual({
    effect: 'ask',
    risk: { level: 'medium', reasons: [] },
    why: null,
    policy: null,
    allowed: ['approve', 'edit', 'reject'],
    quorum: { required: 1, eligible: ['role:approver'], exclude_requester: true },
    on_timeout: 'reject',
    notify: null,
    deadlineMs: 86_400_000,
    escalateAfterMs: null,
    escalatesTo: [],
    mask: [],
  })
  expect(judge([], { source: 'plan', said: { risk: 'high', why: 'It is live.' } })).toMatchObject({
    risk: { level: 'high', reasons: ['The plan says high.'] },
    why: 'It is live.',
  })
  expect(judge([], { source: 'policy' })).toBeUndefined()
})

test('the first rule that matches decides, and is named with the version of its file', () => {
  const rules = [
    { id: 'other', match: { agent: ['rag'] } },
    { id: 'first', match: { agent: ['deploy-*'] } },
    { id: 'second', match: {} },
  ]
  expect(judge(rules)).toMatchObject({ policy: { id: 'first', version: 'v1' }, quorum: { required: 2, eligible: ['role:operator'] }, deadlineMs: 4_000 })
  expect(judge(rules, { agent: 'reasoning', source: 'policy' })).toMatchObject({ effect: 'ask', policy: { id: 'second' } })
})

test.each([
  ['an agent by a glob', { agent: ['deploy-??'] }, true],
  ['one of several', { agent: ['rag', 'deploy-eu'] }, true],
  ['a name with a dot, which is no wildcard', { agent: ['deploy.eu'] }, false],
  ['a part of a name', { agent: ['deploy'] }, false],
  ['a type in another case', { type: ['DEPLOY'] }, true],
  ['a tool where none is named', { tool: ['*'] }, false],
  ['a skill where none is named', { skill: ['*'] }, false],
  ['a source', { source: ['agent' as const] }, true],
  ['another source', { source: ['plan' as const] }, false],
  ['a risk that nobody said', { risk: ['medium' as const] }, true],
  ['another risk', { risk: ['high' as const] }, false],
  ['arguments', { args: { '==': [{ var: 'env' }, 'prod'] } }, true],
  ['other arguments', { args: { '==': [{ var: 'env' }, 'staging'] } }, false],
  ['agent and arguments, of which one does not', { agent: ['*'], args: { '==': [{ var: 'env' }, 'staging'] } }, false],
])('a rule matches %s', (_what, match, expected) => {
  expect(judge([{ match }])?.policy !== null).toBe(expected)
})

test('a condition that cannot be evaluated holds for a rule that asks or denies, and not for one that allows', () => {
  const broken = { args: { nonsense: [] } }
  expect(judge([{ match: broken, effect: 'deny', why: 'Never.' }])).toMatchObject({ effect: 'deny', why: 'Never.' })
  expect(judge([{ match: broken, effect: 'require' }])).toMatchObject({ effect: 'ask', policy: { id: 'rule' } })
  expect(judge([{ match: broken, effect: 'allow' }])).toMatchObject({ effect: 'ask', policy: null })
})

test('a rule allows only what is named as it says, letter by letter', () => {
  const rules = [{ match: { type: ['search.*'] }, effect: 'allow' as const }]
  expect(judge(rules, { action: { type: 'search.web' } })).toMatchObject({ effect: 'allow' })
  expect(judge(rules, { action: { type: 'Search.web' } })).toMatchObject({ effect: 'ask' })
})

test.each(['high', 'critical'] as const)('nothing that is said to be of %s risk is allowed without a person', (risk) => {
  const allowing = [{ match: { type: ['deploy'] }, effect: 'allow' as const }]
  expect(judge(allowing, { said: { risk: 'medium' } })).toMatchObject({ effect: 'allow' })
  for (const source of ['agent', 'plan'] as const) {
    expect(judge(allowing, { source, said: { risk } })).toMatchObject({ effect: 'ask', risk: { level: risk }, quorum: { required: 2 } })
  }
})

test('the risk is the higher one of what is said and what the rule says', () => {
  expect(judge([{ risk: 'high' }], { said: { risk: 'low' } })).toMatchObject({
    risk: { level: 'high', reasons: ["Agent 'deploy-eu' says low.", "Policy 'rule' says high."] },
  })
  expect(judge([{ risk: 'low' }], { said: { risk: 'critical' } })).toMatchObject({ risk: { level: 'critical' } })
  expect(judge([{ risk: 'low' }])).toMatchObject({ risk: { level: 'low' } })
})

test('why a rule wants a person and why somebody wants to do it are both shown', () => {
  expect(judge([{ why: 'Production serves customers.' }], { said: { why: 'The release is due.' } })?.why).toBe(
    'Production serves customers.\nThe release is due.',
  )
})

test('time approves what a rule says, but never what is said to be of more than low risk', () => {
  const rules = [{ match: { type: ['deploy'] }, risk: 'low' as const, onTimeout: 'approve' as const }]
  expect(judge(rules)?.on_timeout).toBe('approve')
  expect(judge(rules, { said: { risk: 'medium' } })?.on_timeout).toBe('reject')
})

test('escalation comes after a share of the deadline, or after a time', () => {
  expect(judge([{ escalate: { after: { share: 0.25 }, to: ['user:head'] } }])).toMatchObject({ escalateAfterMs: 1_000, escalatesTo: ['user:head'] })
  expect(judge([{ escalate: { after: { ms: 10 }, to: ['role:admin'] } }])).toMatchObject({ escalateAfterMs: 10, escalatesTo: ['role:admin'] })
})
