import type { ServerResponse } from 'node:http'

import { NO_USAGE, type AskView, type DeadLetter, type Plan, type Question, type SessionView } from '@signalbox/contracts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { DONE, startApi, type TestApi } from './fixtures/api.ts'
import { runHere } from './fixtures/run-cli.ts'

const AT = '2026-11-21T08:00:00.000Z'
const LETTER: DeadLetter = { node: 'b', agent: 'rag', error: { code: 'agent_failed', message: 'rag broke' }, attempts: 3, at: AT }
const PLAN: Plan = {
  goal: 'g',
  nodes: [
    { id: 'a', kind: 'agent', agent: 'rag', instruction: 'look up A', needs: [], on_failure: 'fail' },
    {
      id: 'b',
      kind: 'map',
      agent: 'rag',
      instruction: 'look up each',
      needs: ['a'],
      over: 'a',
      on_item_failure: 'fail',
      on_failure: 'fail',
      fallback: 'search',
    },
    { id: 'c', kind: 'agent', agent: 'reasoning', instruction: 'compare', needs: ['b'], on_failure: 'fail' },
  ],
  answer: 'c',
}
const FAILED: Partial<SessionView> = {
  status: 'failed',
  plan: PLAN,
  plan_revision: 2,
  plan_source: 'repaired',
  plan_repairs: 1,
  nodes: {
    'a': {
      state: 'completed',
      agent: 'rag',
      attempts: 1,
      epoch: 1,
      output: { text: 'five passages\nand more', data: [] },
      usage: { ...NO_USAGE, total_tokens: 1_200 },
      started_at: AT,
      finished_at: '2026-11-21T08:00:02.500Z',
    },
    'b': { state: 'failed', agent: 'rag', attempts: 3, epoch: 3, error: LETTER.error },
    'b.10': { state: 'skipped', agent: 'rag', attempts: 1, epoch: 1, skip_reason: 'failure', branch: { of: 'b', role: 'item', index: 10, agent: 'rag' } },
    'b.2': {
      state: 'completed',
      agent: 'rag',
      attempts: 1,
      epoch: 1,
      output: { text: 'two', data: [] },
      branch: { of: 'b', role: 'item', index: 2, agent: 'rag' },
    },
  },
  error: { ...LETTER.error, node: 'b' },
  dead_letters: [LETTER],
  budget: { tokens: 5_000, usd: 0.5, deadline_s: 60 },
  revisions: [{ revision: 2, at: AT, reason: { kind: 'request', node: 'a', text: 'found less' }, added: ['c'], dropped: [], changed: ['b'] }],
  context: { topic: { value: { name: 'x' }, node: 'a', at: AT } },
  lineage: ['ses_parent'],
  finished_at: '2026-11-21T08:00:30.000Z',
}

const QUESTION: Question = { id: 'qst_1', node: 'n2', agent: 'mock-search', epoch: 1, text: 'Which region?', asked_at: AT, answer: null, told: false }
const ASK: AskView = {
  id: 'apr_1',
  node: 'n1',
  epoch: 1,
  ref: 'ask-1',
  source: 'agent',
  agent: 'mock-search',
  skill: null,
  action: { type: 'deploy', title: 'Run deploy', side_effects: [], reversible: null },
  args_sha256: 'f'.repeat(64),
  statement: null,
  why: null,
  impact: null,
  risk: { level: 'high', reasons: [] },
  policy: null,
  allowed: ['approve', 'reject'],
  quorum: { required: 1, eligible: ['role:approver'], exclude_requester: true },
  on_timeout: 'reject',
  notify: null,
  asked_at: AT,
  escalates_at: null,
  escalates_to: [],
  expires_at: AT,
  state: 'open',
  outcome: null,
}
const DECIDED: AskView = {
  ...ASK,
  id: 'apr_0',
  state: 'rejected',
  outcome: { decision: 'reject', by: ['alice'], reason: 'no', args_sha256: 'f'.repeat(64), at: AT },
}

let api: TestApi
beforeEach(async () => {
  api = await startApi()
})
afterEach(async () => {
  await api[Symbol.asyncDispose]()
})

describe('sessions', () => {
  test('list: the newest first, as many as asked for, over as many pages as it takes', async () => {
    for (let index = 0; index < 150; index++) api.begin({ goal: `goal ${index}` })
    expect((await runHere(['sessions', 'list'], api)).stdout.trimEnd().split('\n')).toHaveLength(21)
    const { stdout } = await runHere(['sessions', 'list', '--limit', '120'], api)
    const rows = stdout.trimEnd().split('\n').slice(1)
    expect(rows).toHaveLength(120)
    expect(rows[0]).toContain('goal 149')
    expect(rows.at(-1)).toContain('goal 30')
    expect(api.taken.map(({ path }) => path)).toEqual(['/v1/sessions?limit=20', '/v1/sessions?limit=100', '/v1/sessions?limit=20&after=100'])
  })

  test('list --status: those alone, however far back they are', async () => {
    api.begin({ status: 'paused', goal: 'the one' })
    for (let index = 0; index < 110; index++) api.begin()
    const { stdout } = await runHere(['sessions', 'list', '--status', 'paused'], api)
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(stdout).toContain('the one')
    const none = await runHere(['sessions', 'list', '--status', 'expired'], api)
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'There are no sessions that are expired.\n' })
  })

  test('list: how far each is, and what its status does not say', async () => {
    api.begin(FAILED)
    api.begin({ status: 'completed', stopped: { limit: 'tokens', message: 'x' }, plan: PLAN })
    api.begin()
    const { stdout } = await runHere(['sessions', 'list'], api)
    expect(stdout).toMatch(/failed \(1 dead letter\) +2\/3/)
    expect(stdout).toMatch(/completed \(stopped: tokens\) +0\/3/)
    expect(stdout).toMatch(/active +planning/)
  })

  test('show: everything, the plan’s nodes in its order, their branches in theirs', async () => {
    const { view } = api.begin({ ...FAILED, usage: { ...NO_USAGE, total_tokens: 1_200, cost_usd: 0.0042 } })
    const { stdout } = await runHere(['sessions', 'show', view.id], api)
    expect(stdout.replaceAll(/\d+ \w ago/g, 'AGE')).toBe(`Session  ${view.id}
Status   failed (1 dead letter)
Goal     compare A and B
Begun    2026-11-21 08:00:00Z, AGE, took 30 s
Usage    1,200 tokens, $0.0042
Budget   5,000 tokens, $0.5, 60 s
Plan     revision 2, by the planner, who had to mend it
Part of  ses_parent
Error    b: rag broke (agent_failed)
Request  req_1

NODE  STATE      AGENT      TRIES   TIME  TOKENS  RESULT
a     completed  rag            1  2.5 s   1,200  five passages and more
b     failed     rag            3                 rag broke
b.2   completed  rag            1                 two
b.10  skipped    rag            1                 skipped: failure
c     pending    reasoning

Revisions of the plan
  2, 2026-11-21 08:00:00Z, request at a: found less (added c; changed b)

Shared values
  topic (by a): {"name":"x"}

Dead letters
  b, after 3 attempts: rag broke
`)
  })

  test('show --json: what the API says', async () => {
    const { view } = api.begin(FAILED)
    expect(JSON.parse((await runHere(['sessions', 'show', view.id, '--json'], api)).stdout)).toEqual({ object: 'session', ...view })
  })

  test('pause, resume and cancel say what the session is then', async () => {
    const { id } = api.begin().view
    expect((await runHere(['sessions', 'pause', id], api)).stdout).toBe(`${id} is paused\n`)
    expect(await runHere(['sessions', 'pause', id], api)).toEqual({ code: 1, stdout: '', stderr: 'signalbox: The session is paused and cannot be paused.\n' })
    expect((await runHere(['sessions', 'resume', id], api)).stdout).toBe(`${id} is active\n`)
    expect((await runHere(['sessions', 'cancel', id], api)).stdout).toBe(`${id} is canceled\n`)
    expect(api.taken.map(({ method, path }) => `${method} ${path.replace(id, 'ID')}`)).toEqual([
      'POST /v1/sessions/ID/pause',
      'POST /v1/sessions/ID/pause',
      'POST /v1/sessions/ID/resume',
      'DELETE /v1/sessions/ID',
    ])
  })
})

describe('others’ sessions', () => {
  test('list --all: with the operator key, whose each is, and what it waits for', async () => {
    const { id } = api.begin({ status: 'waiting_input', questions: { qst_1: QUESTION } }).view
    const { stdout } = await runHere(['sessions', 'list', '--all', '--status', 'waiting_input', '--owner', 'me', '--search', 'x'], api)
    expect(stdout).toMatch(new RegExp(`^${id} +somebody +waiting_input +1 answer +1/2 `, 'm'))
    expect(api.taken.at(-1)?.path).toBe('/v1/sessions?status=waiting_input&owner=me&q=x&limit=20')
    expect((await runHere(['sessions', 'list', '--owner', 'me'], api)).stderr).toBe('signalbox: --owner needs --all.\n')
  })

  test('show and cancel --operator: whoever’s it is', async () => {
    const { id } = api.begin().view
    expect((await runHere(['sessions', 'show', id, '--operator'], api)).stdout).toContain('Owner    somebody\n')
    expect((await runHere(['sessions', 'cancel', id, '--operator'], api)).stdout).toBe(`${id} is canceled\n`)
    expect(api.taken.at(-1)).toMatchObject({ method: 'POST', path: `/v1/sessions/${id}/cancel` })
  })
})

describe('a session that waits for people', () => {
  test('show: what for, and what to do about it', async () => {
    const { view } = api.begin({
      status: 'waiting_approval',
      asks: { apr_1: { ...ASK, expires_at: new Date(Date.now() + 3_600_000).toISOString() }, apr_0: DECIDED },
      questions: { qst_1: QUESTION, qst_0: { ...QUESTION, id: 'qst_0', answer: { text: 'Oslo', key: 'k', at: AT }, told: true } },
      nodes: { n1: { state: 'waiting', waits_for: 'approval', agent: 'mock-search', attempts: 1, epoch: 1 } },
    })
    const { stdout } = await runHere(['sessions', 'show', view.id], api)
    expect(stdout).toContain('Status   waiting_approval (1 approval, 1 question)\n')
    expect(stdout).toMatch(/^n1 +waiting +mock-search +1 +waits for approval$/m)
    expect(stdout).toContain(`Approvals
  apr_1 (n1, high): Run deploy: open, 60 m left
  apr_0 (n1, high): Run deploy: rejected by alice: no

Questions
  qst_1 (n2): Which region?
  qst_0 (n2): Which region? → Oslo
  signalbox approvals show apr_1
  signalbox sessions answer ${view.id} "…"
`)
  })

  test('answer: the text, to the question that is meant', async () => {
    const { id } = api.begin({ status: 'waiting_input' }).view
    expect((await runHere(['sessions', 'answer', id, ' eu-west-1 ', '--question', 'qst_1'], api)).stdout).toBe(`${id} is active\n`)
    expect(api.taken.at(-1)).toMatchObject({ method: 'POST', path: `/v1/sessions/${id}/input`, body: { text: 'eu-west-1', question: 'qst_1' } })
    expect((await runHere(['sessions', 'answer', id], api)).code).toBe(2)
  })

  test('watch: says with which command to decide or to answer', async () => {
    const session = api.begin({ status: 'completed' })
    const of = { node: 'n1', agent: 'mock-search' }
    session.say(
      { type: 'approval.requested', ...of, approval: 'apr_1', title: 'Run deploy', risk: 'high', source: 'agent', expires_at: AT },
      { type: 'input.requested', ...of, question: 'qst_1', text: 'Which region?' },
      { type: 'session.waiting', for: 'approval', approvals: ['apr_1'], questions: ['qst_1'] },
      { type: 'approval.decided', ...of, approval: 'apr_1', decision: 'edit', by: ['alice'], reason: 'smaller' },
      DONE,
    )
    expect((await runHere(['sessions', 'watch', session.view.id], api)).stdout)
      .toBe(`08:00:00  n1  approval needed (risk: high): mock-search wants to: Run deploy
          signalbox approvals show apr_1
08:00:00  n1  mock-search asks: Which region?
          signalbox sessions answer ${session.view.id} "…"
08:00:00  Waiting for 1 approval and 1 answer
08:00:00  n1  approved with changes by alice: smaller
08:00:00  Completed
`)
  })

  test('sessions redrive is dead-letters redrive', async () => {
    const { id } = api.begin(FAILED).view
    expect((await runHere(['sessions', 'redrive', id, '--node', 'b'], api)).stdout).toBe(`${id} is active\n`)
    expect(api.taken.at(-1)).toMatchObject({ path: `/v1/dead-letters/${id}/redrive`, body: { node: 'b' } })
  })
})

test('a pause that takes its time is kept, and it says so', async () => {
  const { id } = api.begin().view
  api.answerInstead = (_request, response) => {
    response.end(JSON.stringify({ session_id: id, status: 'active' }))
    return true
  }
  const { code, stdout, stderr } = await runHere(['sessions', 'pause', id], api)
  expect([code, stdout]).toEqual([0, `${id} is active\n`])
  expect(stderr).toContain('It will be paused')
})

describe('dead letters', () => {
  test('list: what came to nothing, and how much more there is', async () => {
    for (let index = 0; index < 3; index++) api.begin(FAILED)
    const { stdout, stderr } = await runHere(['dead-letters', 'list', '--limit', '2'], api)
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(stdout).toMatch(/failed +b +3 +\d+ \w ago +rag broke +compare A and B/)
    expect(stderr).toBe('1 more: --limit 3\n')
    expect(JSON.parse((await runHere(['dead-letters', 'list', '--json'], api)).stdout)).toMatchObject({ object: 'list', total: 3, has_more: false })
  })

  test('show: what was asked, what went wrong, and how to try again', async () => {
    const { view } = api.begin(FAILED)
    expect((await runHere(['dead-letters', 'show', view.id], api)).stdout).toBe(`Session  ${view.id}
Status   failed
Goal     compare A and B

Asked for
  user  compare A and B

Node         b
Agent        rag, then search
Instruction  look up each
Needs        a
Gave up      2026-11-21 08:00:00Z, after 3 attempts
Error        rag broke (agent_failed)

Try again:  signalbox dead-letters redrive ${view.id} [--node b --instruction "…" --agent …]
Give it up: signalbox dead-letters drop ${view.id}
`)
  })

  test('redrive: all that failed, or one node with what changes', async () => {
    const first = api.begin(FAILED).view
    expect(await runHere(['dead-letters', 'redrive', first.id], api)).toEqual({ code: 0, stdout: `${first.id} is active\n`, stderr: '' })
    expect(api.taken.at(-1)?.body).toEqual({})
    const second = api.begin(FAILED).view
    await runHere(['dead-letters', 'redrive', second.id, '--node', 'b', '--instruction', 'look again', '--agent', 'search'], api)
    expect(api.taken.at(-1)).toMatchObject({ path: `/v1/dead-letters/${second.id}/redrive`, body: { node: 'b', instruction: 'look again', agent: 'search' } })
    const third = api.begin(FAILED).view
    await runHere(['dead-letters', 'redrive', third.id, '--budget-tokens', '5000', '--budget-usd', '0.5'], api)
    expect(api.taken.at(-1)).toMatchObject({ body: { budget: { tokens: 5_000, usd: 0.5 } } })
  })

  test.each([
    ['y', 0, []],
    ['YES', 0, []],
    ['n', 1, [LETTER]],
    ['', 1, [LETTER]],
  ])('drop asks first, and %o is its answer', async (typed, code, left) => {
    const { view } = api.begin(FAILED)
    const outcome = await runHere(['dead-letters', 'drop', view.id], api, { typed })
    expect(outcome.code).toBe(code)
    expect(outcome.stderr).toContain(`Drop 1 dead letter of ${view.id}?`)
    expect(view.dead_letters).toEqual(left)
  })
})

describe('agents', () => {
  test('how each is, and when an open breaker lets a call through', async () => {
    const breaker = { state: 'open' as const, failures: 5, retry_at: new Date(Date.now() + 20_500).toISOString() }
    const card = { name: 'rag', description: 'd', version: '1', skills: [{ id: 'retrieve', name: 'R', description: 'd' }] }
    const agent = { id: 'rag', url: 'http://127.0.0.1:8004/', healthy: true, last_seen_at: AT, last_error: null, card, breaker, calls: 2 }
    api.agents.push(agent, { ...agent, id: null, card: null, healthy: false, last_error: 'refused', breaker: { state: 'closed', failures: 1, retry_at: null } })
    const { stdout } = await runHere(['agents'], api)
    expect(stdout).toMatch(/^rag +ok +open, tries in 2[01] s +2 +retrieve +http:\/\/127\.0\.0\.1:8004\/$/m)
    expect(stdout).toMatch(/^\(unknown\) +away +closed, 1 failed +2 +http:\/\/127\.0\.0\.1:8004\/ +refused$/m)
  })

  test('none', async () => {
    expect(await runHere(['agents'], api)).toEqual({ code: 0, stdout: '', stderr: 'No agents are known.\n' })
  })
})

test.each<[string[], string]>([
  [['session'], "There is no command 'session'. See signalbox --help."],
  [['sessions', 'lst'], "There is no command 'sessions lst'. See signalbox --help."],
  [['sessions', 'show'], 'signalbox sessions show needs SESSION. See signalbox sessions show --help.'],
  [['sessions', 'show', 'a', 'b'], "signalbox sessions show takes no 'b'. See signalbox sessions show --help."],
  [['sessions', 'show', ' '], 'SESSION must not be empty. See signalbox sessions show --help.'],
  [['sessions', 'list', '--nope'], "Unknown option '--nope'. See signalbox --help."],
  [['sessions', 'list', '--node', 'x'], 'signalbox sessions list takes no --node. See signalbox sessions list --help.'],
  [['sessions', 'list', '--limit', '0'], '--limit must be a whole number from 1 to 1000.'],
  [['sessions', 'list', '--limit', '1e2'], '--limit must be a whole number from 1 to 1000.'],
  [['sessions', 'list', '--status', 'done'], '--status must be one of active, paused, waiting_approval, waiting_input, completed, failed, canceled, expired.'],
  [['sessions', 'watch', 'a', '--after=-1'], '--after must be a whole number from 0 to 9007199254740991.'],
  [['dead-letters', 'redrive', 'a', '--instruction', 'x'], '--instruction needs --node, to say which node it is for.'],
  [['dead-letters', 'redrive', 'a', '--agent', 'x'], '--agent needs --node, to say which node it is for.'],
  [['dead-letters', 'redrive', 'a', '--node', 'b', '--instruction', ' '], '--instruction must hold 1 to 8000 characters.'],
  [['dead-letters', 'redrive', 'a', '--budget-tokens', 'many'], '--budget-tokens is a whole number above 0, and --budget-usd a number above 0.'],
  [['agents', '--url', 'ftp://x'], 'ftp://x is not an http or https URL.'],
  [['agents', '--url', 'http://me:secret@x'], 'The URL must hold no name and no password. Set SIGNALBOX_API_KEY instead.'],
])('%j is asked for wrongly, and says why', async (args, why) => {
  expect(await runHere(args, api)).toEqual({ code: 2, stdout: '', stderr: `signalbox: ${why}\n` })
  expect(api.taken).toEqual([])
})

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ['another server', (response) => response.end('<html>'), /does not speak as this signalbox does/],
  ['another server’s 404', (response) => response.writeHead(404).end('<html>'), /is not Signalbox \(HTTP 404\)/],
  ['a redirect', (response) => response.writeHead(302, { location: 'http://evil.example/' }).end(), /is not Signalbox \(HTTP 302\)/],
  [
    'an orchestrator that is away',
    (response) => response.writeHead(503, { 'retry-after': '7' }).end('{"error":{"message":"The orchestrator cannot be reached.","code":"unavailable"}}'),
    /The orchestrator cannot be reached\. Try again in 7 s\./,
  ],
  ['a line that breaks', (response) => response.destroy(), /Cannot reach .* Start it with npm start/],
])('%s is one line that says what to do', async (_name, answer, line) => {
  api.answerInstead = (_request, response) => {
    answer(response)
    return true
  }
  const { code, stdout, stderr } = await runHere(['agents'], api)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(line)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

describe('help', () => {
  test('of everything, of a group, and of one command, each on standard output', async () => {
    for (const args of [['--help'], ['help'], ['-h']]) {
      const { code, stdout } = await runHere(args, api)
      expect(code).toBe(0)
      expect(stdout).toMatch(/sessions watch SESSION +what a session does/)
      expect(stdout).toContain('SIGNALBOX_API_KEY')
    }
    expect((await runHere(['sessions', '--help'], api)).stdout).not.toContain('dead-letters list')
    for (const args of [
      ['dead-letters', 'redrive', '--help'],
      ['help', 'dead-letters', 'redrive'],
    ]) {
      const { code, stdout } = await runHere(args, api)
      expect(code).toBe(0)
      expect(stdout).toMatch(/^Usage: signalbox dead-letters redrive SESSION \[OPTIONS\]\n/)
      expect(stdout).toMatch(/--instruction TEXT +with another instruction/)
    }
  })

  test('no command, or half of one, gets it too, as a mistake', async () => {
    for (const args of [[], ['sessions']]) {
      const { code, stdout, stderr } = await runHere(args, api)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('Usage: signalbox COMMAND')
    }
  })

  test('no line of it is wider than most terminals', async () => {
    for (const topic of [
      [],
      ['sessions', 'watch'],
      ['dead-letters', 'redrive'],
      ['dead-letters', 'drop'],
      ['agents'],
      ['approvals', 'list'],
      ['approvals', 'approve'],
      ['approvals', 'edit'],
      ['audit', 'verify'],
    ]) {
      const { stdout } = await runHere(['help', ...topic], api)
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
    }
  })
})
