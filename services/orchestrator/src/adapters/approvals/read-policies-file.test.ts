import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ConfigError } from '@signalbox/config'
import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { parsePolicies, readPoliciesFile } from './read-policies-file.ts'

const parse = (text: string, environment = {}) => parsePolicies(text, { name: 'approvals.yaml', environment })

function faultsOf(text: string): readonly string[] {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('a file is read whole: defaults, rules in their order, channels', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'approvals.yaml')
  await writeFile(path, EXAMPLE)
  const { rules, channels } = await readPoliciesFile(path, { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/x' })
  expect(rules).toMatchObject({
    version: expect.stringMatching(/^[0-9a-f]{12}$/),
    defaults: { deadlineMs: 86_400_000, quorum: { required: 1, eligible: ['role:approver'], exclude_requester: true }, maxOpenPerSession: 20, escalate: null },
    rules: [
      {
        id: 'production-deploys',
        match: { agent: ['deploy-*'], args: { '==': [{ var: 'env' }, 'production'] } },
        effect: 'require',
        risk: 'high',
        quorum: { required: 2, eligible: ['role:operator', 'group:release'], exclude_requester: true },
        deadlineMs: 4 * 3_600_000,
        onTimeout: 'reject',
        escalate: { after: { share: 0.5 }, to: ['user:head-of-ops'] },
        allow: ['approve', 'edit', 'reject'],
        mask: ['/credentials/password'],
        notify: ['ops'],
      },
      { id: 'reading-is-fine', effect: 'allow', quorum: { required: 1 }, deadlineMs: 86_400_000, notify: null },
      { id: 'cleaning', onTimeout: 'approve', escalate: { after: { ms: 60_000 }, to: ['role:operator'] } },
    ],
  })
  expect(channels).toMatchObject([{ id: 'ops', type: 'slack', url: 'https://hooks.slack.com/x' }])
})

test('an empty list of rules is a file, too, and another text has another version', () => {
  expect(parse('version: 1').rules).toMatchObject({ rules: [], defaults: { maxOpenPerSession: 20 } })
  expect(parse('version: 1').rules.version).not.toBe(parse('version: 1 # changed').rules.version)
})

test('every fault is named at once, with its line and place, and no value is repeated', () => {
  const text = `version: 2
defaults:
  deadline: sometime-secret
  on_timeout: approve
policies:
  - match: { agnet: x }
  - id: a
    match: { risk: huge-secret, args: { call-secret: [] } }
    quorum: 3
    approvers: [user:a, user:b]
    allow: [approve]
  - id: a
    match: {}
    effect: allow
    notify: [nobody]
    mask: [password]
    deadline: 8d
    approvers: everybody
channels:
  - { id: ops, type: slack, url: '\${NOT_SET}' }
surprise: true
`
  const faults = faultsOf(text)
  expect(faults).toEqual(
    expect.arrayContaining([
      'approvals.yaml:1 version: is not 1',
      'approvals.yaml:3 defaults.deadline: is not a duration such as 30m, 4h or 2d',
      expect.stringContaining('approvals.yaml:4 defaults.on_timeout: is not reject'),
      'approvals.yaml:6 policies[0].id: is missing',
      'approvals.yaml:6 policies[0].match.agnet: is not known here',
      expect.stringMatching(/^approvals\.yaml:8 policies\[1\]\.match\.risk/),
      expect.stringContaining('approvals.yaml:8 policies[1].match.args: cannot be evaluated'),
      expect.stringContaining('approvals.yaml:11 policies[1].allow: leaves no choice'),
      expect.stringContaining('approvals.yaml:16 policies[2].mask[0]: a JSON pointer begins with a slash'),
      'approvals.yaml:17 policies[2].deadline: is longer than 7d',
      expect.stringContaining('approvals.yaml:18 policies[2].approvers'),
      expect.stringContaining('approvals.yaml:20 channels[0].url: NOT_SET is not set in the environment'),
      'approvals.yaml:21 surprise: is not known here',
    ]),
  )
  expect(faults.join('\n')).not.toMatch(/sometime-secret|huge-secret/)
})

test.each([
  [
    'a quorum of more people than there are',
    `policies: [{ id: a, match: {}, quorum: 2, approvers: ['user:a'] }]`,
    'policies[0].quorum: is more than there are approvers',
  ],
  ['two rules of one id', `policies: [{ id: a, match: {} }, { id: a, match: {} }]`, 'policies[1].id: is the id of another policy too'],
  ['a rule that allows everything', `policies: [{ id: a, match: {}, effect: allow }]`, 'policies[0].match: is empty'],
  ['a channel that there is not', `policies: [{ id: a, match: {}, notify: [x] }]`, 'policies[0].notify[0]: is none of the channels'],
  [
    'an escalation after the end',
    `policies: [{ id: a, match: {}, deadline: 1h, escalate: { after: 2h } }]`,
    'policies[0].escalate: lets escalation come after the deadline',
  ],
  ['approval by time of any type', `policies: [{ id: a, match: {}, risk: low, on_timeout: approve }]`, 'policies[0].on_timeout: is approve, which takes'],
  [
    'approval by time of a glob',
    `policies: [{ id: a, match: { type: 'x.*' }, risk: low, on_timeout: approve }]`,
    'policies[0].on_timeout: is approve, which takes',
  ],
  ['approval by time of unsaid risk', `policies: [{ id: a, match: { type: x }, on_timeout: approve }]`, 'policies[0].on_timeout: is approve, which takes'],
])('%s is refused', (_what, rest, fault) => {
  expect(faultsOf(`version: 1\n${rest}\n`)).toEqual([expect.stringContaining(`approvals.yaml:2 ${fault}`)])
})

test('what is not YAML is refused with its line, and so are keys that stand twice', () => {
  expect(faultsOf('version: 1\n  x: [')).toEqual(expect.arrayContaining([expect.stringMatching(/^approvals\.yaml:[12] /)]))
  expect(faultsOf('version: 1\nversion: 1')).toEqual([expect.stringMatching(/^approvals\.yaml:2 .*unique/)])
  expect(faultsOf('- a list')).toEqual([expect.stringContaining('does not hold a mapping')])
})

test('a file that is not there is one clear line', async () => {
  await expect(readPoliciesFile('/nowhere/approvals.yaml', {})).rejects.toThrow('/nowhere/approvals.yaml cannot be read: ENOENT')
})

const EXAMPLE = `
version: 1
defaults:
  deadline: 24h
  on_timeout: reject
  approvers: [role:approver]
  quorum: 1
  exclude_requester: true
  max_open_per_session: 20
policies:
  - id: production-deploys
    match:
      agent: 'deploy-*'
      args: { '==': [{ var: env }, production] }
    risk: high
    why: Production serves customers.
    approvers: [role:operator, group:release]
    quorum: 2
    deadline: 4h
    escalate: { after: 50%, to: ['user:head-of-ops'] }
    mask: [/credentials/password]
    notify: [ops]
  - id: reading-is-fine
    match: { type: 'search.*' }
    effect: allow
  - id: cleaning
    match: { type: cache.clear }
    risk: low
    on_timeout: approve
    deadline: 2m
    escalate: { after: 1m }
channels:
  - { id: ops, type: slack, url: '\${SLACK_WEBHOOK_URL}' }
`
