import { MANAGEMENT_PATHS, type LinkView } from '@signalbox/contracts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { approvalOf, HOSTILE, linkViewOf } from './fixtures/approval.ts'
import { startConsole, type TestConsole } from './fixtures/console.ts'
import type { ManagementCall } from './fixtures/management.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'

const { links } = MANAGEMENT_PATHS
const TOKEN = 'eyJhIjoiYXByXzEifQ.c2lnbmF0dXJl'

let orchestrator: PuppetOrchestrator
let gateway: TestConsole
/** What the orchestrator knows of the link, and what was decided with it. */
let view: LinkView
let decided: Record<string, unknown>[]

beforeEach(async () => {
  orchestrator = await startOrchestrator()
  gateway = await startConsole({ ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, CONSOLE_URL: 'https://signalbox.example/console' })
  view = linkViewOf()
  decided = []
  orchestrator.answerInstead = answerLinks
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await orchestrator[Symbol.asyncDispose]()
})

describe('following the link', () => {
  test('shows what runs, why, who asks and until when', async () => {
    const { status, text } = await open()
    expect(status).toBe(200)
    for (const shown of [
      'Deploy version 7 to production',
      'kubectl',
      'deployer',
      'Bring the new version',
      'restarts the shop',
      '"replicas"',
      'ab12ab12',
      'All tests are green',
      'The release was asked for',
      '2099-11-22 00:00 UTC',
      'it touches production',
    ])
      expect(text).toContain(shown.replaceAll('"', '&quot;'))
    expect(text).toContain('https://signalbox.example/console/approvals/apr_00000000000000000000000000')
  })

  test.each(['GET', 'HEAD'])('%s decides nothing, however often a scanner of mail does it', async (method) => {
    for (let times = 0; times < 3; times++) {
      const answer = await fetch(`${gateway.url}/d/${TOKEN}`, { method, headers: { 'sec-purpose': 'prefetch' } })
      expect(answer.status).toBe(200)
    }
    expect((await fetch(`${gateway.url}/d/${TOKEN}?decision=approve&version=1`)).status).toBe(200)
    expect((await fetch(`${gateway.url}/d/${TOKEN}`, { method: 'PUT' })).status).toBe(405)
    expect(decided).toEqual([])
  })

  test('the page keeps to itself: no scripts, no loads, no frames, no index, no copy, no address told to others', async () => {
    const { headers, text } = await open()
    expect(text).not.toMatch(/<script|\son\w+=|https?:\/\/(?!signalbox\.example)/)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self'; frame-ancestors 'none'/)
    expect(headers.get('x-robots-tag')).toContain('noindex')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  })

  test('what an agent says is text, with nothing in it unseen', async () => {
    const all = Object.values(HOSTILE).join(' ')
    const { action } = approvalOf()
    view.approval = approvalOf({
      agent: all,
      goal: all,
      requested_by: all,
      statement: all,
      why: all,
      impact: all,
      risk: { level: 'low', reasons: [all] },
      action: { ...action, type: all, title: all, tool: all, side_effects: [all], args: { [all]: all, long: all.repeat(20) } },
      edit: { args: { [all]: [all] }, args_sha256: 'cd', by: all, at: '2026-11-21T00:00:00.000Z' },
    })
    const { text } = await open()
    expect(text).not.toMatch(/<img|<script/)
    expect(text).not.toMatch(/[\u202e\u001b\u200b]/)
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(text).toContain('<span class="sign">RIGHT-TO-LEFT OVERRIDE</span>')
  })

  test('after an edit it shows what runs now, and what was asked for at first', async () => {
    view.approval = approvalOf({ version: 2, edit: { args: { env: 'staging' }, args_sha256: 'cd34'.repeat(16), by: 'bob', at: '2026-11-21T00:00:00.000Z' } })
    const { text } = await open()
    expect(text.indexOf('staging')).toBeLessThan(text.indexOf('replicas'))
    expect(text).toContain('cd34cd34')
    expect(text).not.toContain('ab12ab12')
  })

  test('a link that is not ours: 404; one that has expired: 410; an orchestrator that is away: 503', async () => {
    orchestrator.answerInstead = () => fault(404, 'not_found', 'This link is not one of ours.')
    expect(await open()).toMatchObject({ status: 404, text: expect.stringContaining('This link is not one of ours.') })
    orchestrator.answerInstead = () => fault(403, 'permission_denied', 'This link has expired.')
    expect(await open()).toMatchObject({ status: 410, text: expect.stringContaining('This link has expired.') })
    await orchestrator.goAway()
    expect(await open()).toMatchObject({ status: 503, text: expect.stringContaining('The link stays good') })
  })

  test('a link that was used, or that only shows, says so and has no buttons', async () => {
    view = linkViewOf({ usable: false, why_not: 'This link has been used.', approval: decidedApproval() })
    const { text } = await open()
    expect(text).toContain('This link has been used.')
    expect(text).toContain('not on a Friday')
    expect(text).not.toContain('<form')
  })
})

describe('deciding', () => {
  test('sends what was decided, with the version that was seen, and shows how it stands', async () => {
    const answer = await post({ decision: 'reject', version: '1', reason: ' not on\r\na Friday ' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/d/${TOKEN}`])
    expect(decided).toEqual([{ token: TOKEN, decision: 'reject', version: 1, reason: 'not on\na Friday' }])
  })

  test('without a reason none is said', async () => {
    await post({ decision: 'approve', version: '1', reason: '' })
    expect(decided).toEqual([{ token: TOKEN, decision: 'approve', version: 1 }])
  })

  test('a high risk is approved by writing the action’s name, and rejected without', async () => {
    view.approval = approvalOf({ risk: { level: 'high', reasons: [] } })
    const refused = await post({ decision: 'approve', version: '1', reason: 'it is fine', confirm: 'deplo' })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('it is fine</textarea>')
    expect(decided).toEqual([])
    expect((await post({ decision: 'approve', version: '1', confirm: 'deploy' })).status).toBe(303)
    expect((await post({ decision: 'reject', version: '1' })).status).toBe(303)
    expect(decided).toHaveLength(2)
  })

  test('what has changed since the page was opened is looked at again first', async () => {
    view.approval = approvalOf({ version: 2 })
    const answer = await post({ decision: 'approve', version: '1', reason: 'fine' })
    expect(answer.status).toBe(409)
    expect(await answer.text()).toContain('It has changed since you opened it')
    expect(decided).toEqual([])
  })

  test('whoever was too late sees the decision that stands', async () => {
    const answerFirst = answerLinks
    orchestrator.answerInstead = (call) => {
      if (!call.path.endsWith('/decide')) return answerFirst(call)
      view = linkViewOf({ usable: false, why_not: 'It has been decided.', approval: decidedApproval() })
      return fault(409, 'conflict', 'Bob was sooner.')
    }
    const answer = await post({ decision: 'approve', version: '1' })
    expect(answer.status).toBe(409)
    const text = await answer.text()
    expect(text).toContain('Bob was sooner.')
    expect(text).toContain('not on a Friday')
    expect(text).not.toContain('<form')
  })

  test.each<[string, Record<string, string>]>([
    ['no decision', { version: '1' }],
    ['another decision', { decision: 'edit', version: '1' }],
    ['no version', { decision: 'approve' }],
    ['a version of words', { decision: 'approve', version: 'last' }],
    ['a novel for a reason', { decision: 'approve', version: '1', reason: 'x'.repeat(100_000) }],
  ])('a form with %s decides nothing', async (_name, form) => {
    expect((await post(form)).status).toBeGreaterThanOrEqual(400)
    expect(decided).toEqual([])
  })

  test('a form of another site decides nothing', async () => {
    expect((await post({ decision: 'approve', version: '1' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(400)
    expect(decided).toEqual([])
  })

  test('the link’s token is in no log', async () => {
    await open()
    await post({ decision: 'approve', version: '1' })
    expect(JSON.stringify(gateway.lines())).not.toContain(TOKEN)
  })
})

function answerLinks({ path, body }: ManagementCall): Response | undefined {
  if (path === `${links}/read`) return Response.json(view)
  if (path !== `${links}/decide`) return undefined
  decided.push(body as Record<string, unknown>)
  return Response.json(view)
}

function fault(status: number, code: string, message: string): Response {
  return Response.json({ error: { message, details: [{ reason: code.toUpperCase(), metadata: { code } }] } }, { status })
}

function decidedApproval() {
  const decision = {
    by: { id: 'user:bob', name: 'Bob' },
    via: 'console',
    decision: 'reject',
    reason: 'not on a Friday',
    args_sha256: 'ab',
    superseded: false,
  } as const
  return approvalOf({ version: 2, state: 'rejected', decisions: [{ ...decision, at: '2026-11-21T01:00:00.000Z' }] })
}

async function open(): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${gateway.url}/d/${TOKEN}`)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

function post(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}/d/${TOKEN}`, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })
}
