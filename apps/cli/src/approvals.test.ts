import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { hashOf, type Approval } from '@signalbox/contracts'
import { temporaryFolder } from '@signalbox/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { OPERATOR_KEY, startApi, type TestApi } from './fixtures/api.ts'
import { runHere, startCli, type Outcome } from './fixtures/run-cli.ts'

const AT = '2026-11-21T08:00:00.000Z'
const ACTION: Approval['action'] = { type: 'deploy', title: 'Run deploy', args: { env: 'prod', replicas: 3 }, side_effects: [], reversible: null, secrets: [] }

let api: TestApi
beforeEach(async () => {
  api = await startApi()
})
afterEach(async () => {
  await api[Symbol.asyncDispose]()
})
const cli = (args: string[], options: Parameters<typeof runHere>[2] = {}): Promise<Outcome> => runHere(['approvals', ...args], api, options)

describe('list', () => {
  test('tells what waits, how long it can, and how risky it is', async () => {
    const { id } = api.ask({ risk: { level: 'high', reasons: [] } })
    const { stdout } = await cli(['list'])
    expect(stdout).toMatch(new RegExp(`^${id} +60 m left +high +deploy +Run deploy +mock-search +dev +ses_1$`, 'm'))
    expect(api.taken.at(-1)?.headers).toMatchObject({
      'authorization': `Bearer ${OPERATOR_KEY}`,
      'user-agent': expect.stringMatching(/^signalbox-cli\/\d+\.\d+\.\d+$/),
    })
  })

  test('has the API search and filter, over as many pages as it takes', async () => {
    for (let index = 0; index < 110; index++) api.ask()
    const filters = ['--status', 'history', '--session', 'ses_1', '--agent', 'rag', '--risk', 'low', '--search', 'a & b']
    const { stdout } = await cli(['list', ...filters, '--limit', '105'])
    expect(stdout.trimEnd().split('\n')).toHaveLength(106)
    expect(api.taken.map(({ path }) => path)).toEqual([
      '/v1/approvals?status=history&risk=low&session_id=ses_1&agent=rag&q=a+%26+b&limit=100',
      '/v1/approvals?status=history&risk=low&session_id=ses_1&agent=rag&q=a+%26+b&limit=5&cursor=100',
    ])
  })

  test('says where nothing waits, and how much more there is', async () => {
    expect(await cli(['list'])).toEqual({ code: 0, stdout: '', stderr: 'Nothing waits for approval.\n' })
    for (let index = 0; index < 3; index++) api.ask()
    expect((await cli(['list', '--limit', '2'])).stderr).toBe('1 more: --limit 3\n')
    expect(JSON.parse((await cli(['list', '--json'])).stdout)).toMatchObject({ object: 'list', total: 3, pending: 3, has_more: false })
  })

  test('without an operator key shows one’s own', async () => {
    api.ask()
    const { code } = await cli(['list'], { environment: { SIGNALBOX_OPERATOR_KEY: '' } })
    expect([code, api.taken.at(-1)?.headers.authorization]).toEqual([0, 'Bearer sbx_test_key'])
  })
})

describe('show', () => {
  test('tells what would run, byte for byte, who wants it, and why', async () => {
    const approval = api.ask({
      action: { ...ACTION, tool: 'kubectl', side_effects: ['a restart'], reversible: false },
      statement: 'It is safe.\nState     approved',
      why: 'It is Friday.',
      impact: 'all users',
      risk: { level: 'high', reasons: ['policy says so'] },
      policy: { id: 'deploys', version: '3' },
    })
    const { stdout } = await cli(['show', approval.id])
    expect(stdout).toBe(`Approval  ${approval.id} (version 1)
State     pending, 60 m left, then rejected
Action    deploy: Run deploy
Tool      kubectl
Risk      high: policy says so
Why       It is Friday.
Impact    all users
Effects   a restart
Undo      it cannot be taken back
Asked by  the agent mock-search
For       dev, in session ses_1, node n1
Goal      roll it out
Policy    deploys (version 3)
Deciders  1 of role:approver, not who asked for it
Asked at  2026-11-21 08:00:00Z

What the agent says of it, which nobody has checked
  │ It is safe.
  │ State     approved

What would run
  {
    "env": "prod",
    "replicas": 3
  }
  sha256 ${approval.args_sha256}

signalbox approvals approve ${approval.id}
signalbox approvals edit ${approval.id} --args FILE
signalbox approvals reject ${approval.id} --reason "…"
`)
  })

  test('shows every character that does not show by itself, and does nothing that one says', async () => {
    const evil = '\u001b[2J\u202egpj\u200b\u2028\u00ad\u3164\u{e0041}\r\nState  approved'
    const by = { id: 'user:x', name: evil }
    const approval = api.ask({
      action: { type: `x${evil}`, title: evil, tool: evil, args: { [evil]: evil }, side_effects: [evil], reversible: null, secrets: [] },
      statement: evil,
      why: evil,
      impact: evil,
      goal: evil,
      agent: evil,
      skill: evil,
      node: evil,
      requested_by: evil,
      risk: { level: 'low', reasons: [evil] },
      policy: { id: evil, version: evil },
      escalated: true,
      escalates_to: [evil],
      quorum: { required: 2, eligible: [evil], exclude_requester: true },
      decisions: [{ by, via: 'api', decision: 'approve', reason: evil, args_sha256: '', at: AT, superseded: false }],
      edit: { args: { other: evil }, args_sha256: 'f'.repeat(64), by: evil, at: AT },
    })
    for (const args of [['show', approval.id], ['show', approval.id, '--full'], ['show', approval.id, '--json'], ['list']]) {
      const { stdout, stderr } = await cli(args)
      expect(`${stdout}${stderr}`).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}|\p{Zl}|\p{Default_Ignorable_Code_Point}/u)
      expect(stdout).not.toMatch(/^State {2}approved/m)
    }
    const { stdout } = await cli(['show', approval.id])
    expect(stdout).toContain('‹U+001B›[2J‹U+202E›gpj‹U+200B›‹U+2028›‹U+00AD›‹U+3164›‹U+E0041›‹U+000D›‹U+000A›State')
    expect(stdout).toContain(String.raw`"\u001b[2J\u202egpj\u200b\u2028\u00ad\u3164\udb40\udc41\r\nState  approved"`)
    expect(stdout).toContain('Characters that do not show by themselves: U+001B')
  })

  test('shortens long texts, and says by how much', async () => {
    const { id } = api.ask({ action: { ...ACTION, args: { body: 'x'.repeat(5_000) } } })
    expect((await cli(['show', id])).stdout).toContain('x… (4,000 more characters: --full)')
    expect((await cli(['show', id, '--full'])).stdout).toContain('x'.repeat(5_000))
  })

  test('tells what an edit has changed', async () => {
    const args = { env: 'staging', note: 'a' }
    const { id } = api.ask({ action: ACTION, edit: { args, args_sha256: hashOf(args), by: 'alice', at: AT } })
    const { stdout } = await cli(['show', id])
    expect(stdout).toContain('What would run, as alice has changed it at 2026-11-21 08:00:00Z')
    expect(stdout).toContain(`Changed against what was asked for
  /env: "prod" → "staging"
  /replicas: 3 → nothing
  /note: nothing → "a"`)
  })

  test('tells how it was decided, and where the caller may not', async () => {
    const by = { id: 'user:alice', name: 'alice' }
    const decided = api.ask({
      state: 'rejected',
      decided_at: AT,
      decisions: [{ by, via: 'console', decision: 'reject', reason: 'no', args_sha256: '', at: AT, superseded: false }],
    })
    expect((await cli(['show', decided.id])).stdout).toMatch(/\nrejected by alice at 2026-11-21 08:00:00Z: no\n$/)
    api.whyNot = 'It was asked for on your behalf.'
    expect((await cli(['show', api.ask().id])).stdout).toMatch(/\nYou cannot decide it: It was asked for on your behalf\.\n$/)
  })

  test('one that is not there', async () => {
    expect((await cli(['show', 'apr_nothing'])).stderr).toBe('signalbox: There is no such approval. They are listed by signalbox approvals list.\n')
  })
})

describe('approve', () => {
  test('shows what runs, asks, and approves just those bytes', async () => {
    const approval = api.ask({ action: ACTION })
    const { code, stdout, stderr } = await cli(['approve', approval.id, '--reason', 'fine'], { typed: 'y' })
    expect([code, stdout]).toEqual([0, `${approval.id} is approved by local at 2026-11-21 08:00:00Z: fine\n`])
    expect(stderr).toContain('"env": "prod"')
    expect(stderr).toContain('Approve “Run deploy” (deploy, risk: medium)? [y/N] ')
    expect(api.taken.at(-1)).toMatchObject({
      path: `/v1/approvals/${approval.id}/decision`,
      headers: { 'if-match': '"1"' },
      body: { decision: 'approve', args_sha256: approval.args_sha256, reason: 'fine' },
    })
  })

  test.each(['', 'n', 'no'])('does nothing on %o', async (typed) => {
    const { id } = api.ask()
    expect(await cli(['approve', id], { typed })).toMatchObject({ code: 1, stdout: '' })
    expect(api.approvals.get(id)?.state).toBe('pending')
  })

  test('of high risk wants the action’s type typed', async () => {
    const { id } = api.ask({ risk: { level: 'critical', reasons: [] } })
    expect((await cli(['approve', id], { typed: 'y' })).code).toBe(1)
    expect(await cli(['approve', id], { typed: 'deploy' })).toMatchObject({ code: 0, stderr: expect.stringContaining('Type deploy to do so: ') })
  })

  test('where nobody is to be asked wants --yes, and --confirm for high risk', async () => {
    const plain = api.ask()
    expect(await cli(['approve', plain.id])).toMatchObject({ code: 2, stderr: expect.stringContaining('There is nobody to ask here. Say --yes.') })
    expect((await cli(['approve', plain.id, '--yes'])).code).toBe(0)
    const high = api.ask({ risk: { level: 'high', reasons: [] } })
    expect(await cli(['approve', high.id])).toMatchObject({ code: 2, stderr: expect.stringContaining('Say --yes --confirm deploy.') })
    expect(await cli(['approve', high.id, '--yes'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Say --confirm deploy too.') })
    expect(await cli(['approve', high.id, '--yes', '--confirm', 'delete'])).toMatchObject({ code: 2, stderr: expect.stringContaining('the action is deploy.') })
    expect((await cli(['approve', high.id, '--yes', '--confirm', 'deploy'])).code).toBe(0)
  })

  test('after somebody else tells the decision that stands, with an exit code of its own', async () => {
    const approval = api.ask()
    api.answerInstead = (request) => {
      if (request.method !== 'POST') return false
      const by = { id: 'user:alice', name: 'alice' }
      const decision = { by, via: 'console' as const, decision: 'reject' as const, reason: 'too late', args_sha256: '', at: AT, superseded: false }
      api.approvals.set(approval.id, { ...approval, version: 2, state: 'rejected', decided_at: AT, decisions: [decision] })
      return false
    }
    const first = await cli(['approve', approval.id, '--yes'])
    expect([first.code, first.stdout]).toEqual([3, ''])
    expect(first.stderr).toContain('signalbox: The approval has changed. It is rejected by alice at 2026-11-21 08:00:00Z: too late\n')
    const later = await cli(['approve', approval.id, '--yes'])
    expect([later.code, later.stderr]).toEqual([3, 'signalbox: It is decided already: rejected by alice at 2026-11-21 08:00:00Z: too late\n'])
  })

  test('holds for the bytes that were looked at before, where it says which', async () => {
    const approval = api.ask()
    const other = await cli(['approve', approval.id, '--yes', '--sha256', 'f'.repeat(64)])
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining(`Other bytes wait by now: sha256 ${approval.args_sha256}`)])
    expect((await cli(['approve', approval.id, '--yes', '--sha256', approval.args_sha256.toUpperCase()])).code).toBe(0)
  })

  test('of an edit approves what the edit made of it', async () => {
    const args = { env: 'staging' }
    const { id } = api.ask({ edit: { args, args_sha256: hashOf(args), by: 'alice', at: AT } })
    await cli(['approve', id, '--yes'])
    expect(api.taken.at(-1)?.body).toMatchObject({ args_sha256: hashOf(args) })
  })

  test('says how many more it takes', async () => {
    const { id } = api.ask({ quorum: { required: 2, eligible: ['role:approver'], exclude_requester: true } })
    const { stdout, stderr } = await cli(['approve', id, '--yes'])
    expect(stdout).toMatch(/ is pending, 60 m left/)
    expect(stderr).toContain('1 of 2 have decided so far: it takes more.')
  })

  test('is refused by one who may not, and needs an operator key', async () => {
    api.whyNot = 'Your role is viewer.'
    expect(await cli(['approve', api.ask().id, '--yes'])).toMatchObject({ code: 1, stderr: 'signalbox: You cannot decide it: Your role is viewer.\n' })
    const { stderr } = await cli(['approve', 'apr_1', '--yes'], { environment: { SIGNALBOX_OPERATOR_KEY: '' } })
    expect(stderr).toMatch(/^signalbox: No operator key: SIGNALBOX_OPERATOR_KEY is not set, and there is no .*operator-key\. Set it, or/)
  })

  test('prints the approval for programs', async () => {
    const { id } = api.ask()
    const { stdout, stderr } = await cli(['approve', id, '--yes', '--json'])
    expect([JSON.parse(stdout), stderr]).toMatchObject([{ id, state: 'approved', version: 2 }, ''])
  })
})

describe('reject', () => {
  test('asks why, and tells it', async () => {
    const { id } = api.ask()
    const { code, stderr } = await cli(['reject', id], { typed: ' not on a Friday ' })
    expect([code, stderr]).toEqual([0, 'Why is “Run deploy” not to be done? '])
    expect(api.taken.at(-1)?.body).toMatchObject({ decision: 'reject', reason: 'not on a Friday' })
  })

  test('asks nobody where nobody is, or where it is said', async () => {
    expect((await cli(['reject', api.ask().id])).code).toBe(0)
    expect(api.taken.at(-1)?.body).not.toHaveProperty('reason')
    expect((await cli(['reject', api.ask().id, '--reason', 'no'])).stderr).toBe('')
    expect((await cli(['reject', api.ask().id, '--reason', 'x'.repeat(2_001)])).code).toBe(2)
  })
})

describe('edit', () => {
  test('shows what changes, and has the other arguments run', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'args.json')
    await writeFile(file, '{"env": "staging", "replicas": 3}')
    const approval = api.ask({ action: ACTION })
    const { code, stdout, stderr } = await cli(['edit', approval.id, '--args', file], { typed: 'yes' })
    expect([code, stdout]).toEqual([0, `${approval.id} is approved with changes by local at 2026-11-21 08:00:00Z\n`])
    expect(stderr).toContain('  /env: "prod" → "staging"\nApprove with these changes “Run deploy”')
    expect(api.taken.at(-1)?.body).toEqual({ decision: 'edit', edited_args: { env: 'staging', replicas: 3 }, args_sha256: approval.args_sha256 })
  })

  test('reads standard input', async () => {
    const { id } = api.ask({ action: ACTION })
    expect((await cli(['edit', id, '--args', '-', '--yes'], { input: '{"env":"test"}' })).code).toBe(0)
    expect(api.taken.at(-1)?.body).toMatchObject({ edited_args: { env: 'test' } })
  })

  test.each<[string, string[], string | undefined, RegExp]>([
    ['without arguments', [], undefined, /needs --args FILE/],
    ['with what is no JSON', ['--args', '-'], 'env: prod', /standard input is not JSON/],
    ['from a file that is not there', ['--args', '/nowhere/args.json'], undefined, /cannot be read \(ENOENT\)/],
    ['that changes nothing', ['--args', '-'], '{"replicas":3,"env":"prod"}', /Approve it instead/],
  ])('%s is refused', async (_name, args, input, why) => {
    const { id } = api.ask({ action: ACTION })
    const { code, stderr } = await cli(['edit', id, '--yes', ...args], input === undefined ? {} : { input })
    expect(code).toBeGreaterThan(0)
    expect(stderr).toMatch(why)
    expect(api.approvals.get(id)?.version).toBe(1)
  })

  test('is refused where the agent takes none', async () => {
    const { id } = api.ask({ allowed: ['approve', 'reject'] })
    expect((await cli(['edit', id, '--args', '-', '--yes'], { input: '{}' })).stderr).toContain('It can be decided by approve or reject, and not by edit.')
  })
})

test('extend gives it more time', async () => {
  const { id } = api.ask()
  expect((await cli(['extend', id, '--hours', '2'])).stdout).toBe(`${id} expires at 2026-12-01 08:00:00Z\n`)
  expect(api.taken.at(-1)).toMatchObject({ headers: { 'if-match': '"1"' }, body: { seconds: 7_200 } })
})

test('the operator key of npm start is found in its data folder, and goes to no other machine', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'operator-key'), `${OPERATOR_KEY}\n`)
  const { id } = api.ask()
  expect(await startCli(['approvals', 'approve', id, '--yes', '--url', api.url, '--data', folder.path]).ended).toMatchObject({ code: 0 })
  const { code, stderr } = await startCli(['approvals', 'approve', id, '--yes', '--url', 'http://signalbox.example', '--data', folder.path]).ended
  expect([code, stderr]).toEqual([1, 'signalbox: No operator key for http://signalbox.example. Set SIGNALBOX_OPERATOR_KEY to one of its keys.\n'])
})

test('an operator key that is refused: where it came from, and never the key', async () => {
  const { stderr } = await cli(['list'], { environment: { SIGNALBOX_OPERATOR_KEY: 'sbo_wrong' } })
  expect(stderr).toBe('signalbox: The gateway refused the operator key from SIGNALBOX_OPERATOR_KEY. Set SIGNALBOX_OPERATOR_KEY to one of its keys.\n')
})
