import { SERVICE_HEADERS, toActorHeader } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'

import { openPlace, person, type Place } from '../adapters/approvals/fixtures/people.ts'
import type { Viewer } from '../core/approvals/ports.ts'
import { approvalRoutes } from './approval-routes.ts'
import { auditRoutes, feedRoutes } from './audit-routes.ts'

const BOB = person('bob')
const VIEWER = person('eve', { role: 'viewer' })
const OPERATOR = person('olga', { role: 'operator' })

describe('approvals', () => {
  test('an approval is looked at, and decided by the version that was looked at', async () => {
    const place = await openPlace()
    const { approval } = await place.ask()
    const call = callOn(place)
    const seen = await call('GET', `/v1/approvals/${approval.id}`, { viewer: BOB })
    expect(seen).toMatchObject({ status: 200, etag: '"1"', body: { approval: { id: approval.id }, you: { may_decide: true } } })
    const decided = await call('POST', `/v1/approvals/${approval.id}/decision`, { viewer: BOB, body: { decision: 'approve' }, ifMatch: seen.etag as string })
    expect(decided).toMatchObject({ status: 200, etag: '"2"', body: { id: approval.id, state: 'approved', version: 2 } })
  })

  test('a decision that names no version is asked for one, and nothing is decided', async () => {
    const place = await openPlace()
    const { approval } = await place.ask()
    const call = callOn(place)
    const path = `/v1/approvals/${approval.id}/decision`
    expect(await call('POST', path, { viewer: BOB, body: { decision: 'approve' } })).toMatchObject({ status: 428 })
    for (const ifMatch of ['*', '1', '"x"', '"1", "2"'])
      expect(await call('POST', path, { viewer: BOB, body: { decision: 'approve' }, ifMatch })).toMatchObject({ status: 400 })
    expect(await place.ledger.get(approval.id)).toMatchObject({ state: 'pending' })
  })

  test('whoever comes too late is answered 409 with the approval as it stands', async () => {
    const place = await openPlace()
    const { approval } = await place.ask()
    const call = callOn(place)
    await place.desk.decide(approval.id, 1, { decision: 'reject', reason: 'No.' }, BOB)
    const late = await call('POST', `/v1/approvals/${approval.id}/decision`, { viewer: OPERATOR, body: { decision: 'approve' }, ifMatch: 'W/"1"' })
    expect(late).toMatchObject({ status: 409, body: { error: { code: 409 }, approval: { state: 'rejected', version: 2, decisions: [{ reason: 'No.' }] } } })
  })

  test('without an actor nothing is decided, and others’ approvals are not there', async () => {
    const place = await openPlace()
    const { approval } = await place.ask({ owner: 'alice' })
    const call = callOn(place)
    const decide = (owner: string) =>
      call('POST', `/v1/approvals/${approval.id}/decision`, { viewer: { owner, actor: undefined }, body: { decision: 'approve' }, ifMatch: '"1"' })
    expect(await decide('alice')).toMatchObject({ status: 403 })
    expect(await decide('mallory')).toMatchObject({ status: 404 })
    expect(await call('GET', '/v1/approvals', { viewer: { owner: 'alice', actor: undefined } })).toMatchObject({ status: 200, body: { total: 1, pending: 1 } })
    expect(await call('GET', '/v1/approvals', { viewer: { owner: 'mallory', actor: undefined } })).toMatchObject({ body: { total: 0, pending: 0 } })
  })

  test.each([
    ['a decision that there is not', { decision: 'maybe' }],
    ['a field that nobody knows', { decision: 'approve', force: true }],
    ['no JSON', 'approve!'],
    ['an edit without arguments', { decision: 'edit' }],
  ])('%s is refused', async (_what, body) => {
    const place = await openPlace()
    const { approval } = await place.ask()
    expect(await callOn(place)('POST', `/v1/approvals/${approval.id}/decision`, { viewer: BOB, body, ifMatch: '"1"' })).toMatchObject({ status: 400 })
  })

  test('an edit by its other name is an edit, and several are decided in one call', async () => {
    const place = await openPlace()
    const call = callOn(place)
    const { approval } = await place.ask()
    const edit = { decision: 'edit', edited_input: { env: 'staging' } }
    expect(await call('POST', `/v1/approvals/${approval.id}/decision`, { viewer: BOB, body: edit, ifMatch: '"1"' })).toMatchObject({
      status: 200,
      body: { edit: { args: { env: 'staging' } } },
    })
    const low = await place.ask({ requirement: { risk: { level: 'low', reasons: [] } } })
    const many = { decision: 'approve', items: [{ id: low.approval.id, version: 1 }] }
    expect(await call('POST', '/v1/approvals/decisions', { viewer: BOB, body: many })).toMatchObject({ status: 200, body: { data: [{ error: null }] } })
    expect(await call('POST', '/v1/approvals/decisions', { viewer: VIEWER, body: many })).toMatchObject({ status: 403 })
  })

  test('more time is given by the version that was looked at', async () => {
    const place = await openPlace()
    const { approval } = await place.ask()
    const call = callOn(place)
    const path = `/v1/approvals/${approval.id}/extend`
    expect(await call('POST', path, { viewer: BOB, body: { seconds: 60 } })).toMatchObject({ status: 428 })
    expect(await call('POST', path, { viewer: BOB, body: { seconds: 1 }, ifMatch: '"1"' })).toMatchObject({ status: 400 })
    expect(await call('POST', path, { viewer: BOB, body: { seconds: 60 }, ifMatch: '"1"' })).toMatchObject({ status: 200, etag: '"2"' })
  })
})

describe('the audit', () => {
  test('everybody with a role reads it, and operators have it verified', async () => {
    const place = await openPlace()
    const { approval } = await place.ask()
    const call = callOn(place)
    expect(await call('GET', `/v1/audit?about=${approval.id}`, { viewer: VIEWER })).toMatchObject({
      status: 200,
      body: { data: [{ kind: 'approval.requested' }] },
    })
    expect(await call('GET', '/v1/audit', { viewer: { owner: 'alice', actor: undefined } })).toMatchObject({ status: 403 })
    expect(await call('GET', '/v1/audit/verify', { viewer: BOB })).toMatchObject({ status: 403 })
    expect(await call('GET', '/v1/audit/verify', { viewer: OPERATOR })).toMatchObject({ status: 200, body: { ok: true, entries: 1, broken: null } })
  })

  test('sign-ins are put down, and nothing else by this way', async () => {
    const place = await openPlace()
    const call = callOn(place)
    const note = {
      kind: 'user.signed_in',
      at: '2026-01-01T00:00:00.000Z',
      by: { id: 'user:bob', name: 'bob', via: 'console' },
      subject: 'user:bob',
      session_id: null,
      facts: {},
    }
    expect(await call('POST', '/v1/audit/notes', { viewer: VIEWER, body: note })).toMatchObject({ status: 201, body: { seq: 1, kind: 'user.signed_in' } })
    expect(await call('POST', '/v1/audit/notes', { viewer: VIEWER, body: { ...note, kind: 'approval.decided' } })).toMatchObject({ status: 400 })
  })
})

describe('the feed', () => {
  test('who says nothing is told where to begin, and is told from there what has come since', async () => {
    const place = await openPlace()
    const call = callOn(place)
    await place.ask()
    expect(await call('GET', '/v1/feed', { viewer: VIEWER })).toMatchObject({ status: 200, body: { data: [], last: 1, pending: 1 } })
    const { approval } = await place.ask()
    expect(await call('GET', '/v1/feed?after=1', { viewer: VIEWER })).toMatchObject({
      body: { data: [{ seq: 2, kind: 'approval.requested', subject: approval.id }], last: 2, pending: 2 },
    })
    expect(await call('GET', '/v1/feed?after=2', { viewer: VIEWER })).toMatchObject({ body: { data: [], last: 2 } })
    expect(await call('GET', '/v1/feed', { viewer: { owner: 'alice', actor: undefined } })).toMatchObject({ status: 403 })
  })

  test('who waits is answered as soon as something happens', async () => {
    const place = await openPlace()
    const waiting = callOn(place)('GET', '/v1/feed?after=0&wait_s=20', { viewer: VIEWER })
    await place.ask()
    expect(await waiting).toMatchObject({ body: { data: [{ seq: 1 }], last: 1 } })
  })

  test('who waits is let go when the service closes, and when its time is over', async () => {
    const place = await openPlace()
    const closing = new AbortController()
    const call = callOn(place, closing.signal)
    expect(await call('GET', '/v1/feed?after=0&wait_s=0.01', { viewer: VIEWER })).toMatchObject({ body: { data: [], last: 0 } })
    const waiting = call('GET', '/v1/feed?after=0&wait_s=25', { viewer: VIEWER })
    closing.abort()
    expect(await waiting).toMatchObject({ status: 200, body: { data: [], last: 0 } })
  })

  test('who has seen more than there is begins anew', async () => {
    const place = await openPlace()
    await place.ask()
    expect(await callOn(place)('GET', '/v1/feed?after=99&wait_s=20', { viewer: VIEWER })).toMatchObject({ body: { data: [], last: 1 } })
  })
})

interface Call {
  viewer: Viewer
  body?: unknown
  ifMatch?: string
}

function callOn({ desk, ledger }: Place, closing = new AbortController().signal) {
  const app = new Hono()
    .route('/v1/approvals', approvalRoutes(desk))
    .route('/v1/audit', auditRoutes(ledger))
    .route('/v1/feed', feedRoutes(ledger, { closing }))
    .onError((error) => {
      throw new AppError('internal', 'an error was not rendered', { cause: error })
    })
  return async (method: 'GET' | 'POST', path: string, { viewer, body, ifMatch }: Call) => {
    const headers = {
      [SERVICE_HEADERS.owner]: viewer.owner,
      ...(viewer.actor && { [SERVICE_HEADERS.actor]: toActorHeader(viewer.actor) }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    }
    const answer = await app.request(path, { method, headers, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) })
    return { status: answer.status, etag: answer.headers.get('etag'), body: (await answer.json()) as Record<string, unknown> }
  }
}
