import { approvalQuerySchema, hashOf, type Approval } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { caller, openPlace, person, refusalOf, type Place } from './fixtures/people.ts'

const BOB = person('bob')
const CAROL = person('carol')
const TWO = { quorum: { required: 2, eligible: ['role:approver'], exclude_requester: true } }

const query = (changes: object = {}) => approvalQuerySchema.parse(changes)
const asItStands = (error: AppError): Approval => error.details['approval'] as Approval
const inboxOf = async ({ store }: Place, id: string) => (await store.inbox(id)).map(({ message }) => message)

test('what an approver approves is approved, is in the audit, and its session is told at once', async () => {
  const place = await openPlace()
  const { approval, session } = await place.ask()
  const decided = await place.desk.decide(approval.id, 1, { decision: 'approve', args_sha256: approval.args_sha256 }, BOB)
  expect(decided).toMatchObject({ version: 2, state: 'approved', decisions: [{ by: { id: 'user:bob', name: 'bob' }, via: 'console', decision: 'approve' }] })
  expect(await inboxOf(place, session.id)).toEqual([{ type: 'approval', id: approval.id }])
  expect(place.rung).toEqual([session.id])
  expect(await place.ledger.undelivered(10)).toEqual([])
  expect((await place.notes(approval.id)).map(({ kind, by }) => [kind, by.id])).toEqual([
    ['approval.requested', 'alice'],
    ['approval.decided', 'user:bob'],
    ['approval.delivered', 'signalbox'],
  ])
  expect(await place.sent()).toEqual(['approval.requested', 'approval.decided'])
})

test('of two that decide at once the second is told how it stands', async () => {
  const place = await openPlace()
  const { approval } = await place.ask()
  const settled = await Promise.allSettled([
    place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB),
    place.desk.decide(approval.id, 1, { decision: 'reject', reason: 'No.' }, CAROL),
  ])
  expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const error = settled.find(({ status }) => status === 'rejected') as PromiseRejectedResult & { reason: AppError }
  expect(error.reason.code).toBe('conflict')
  expect(asItStands(error.reason)).toMatchObject({ version: 2, decisions: [expect.anything()] })
  expect(asItStands(error.reason).state).not.toBe('pending')
})

test('a decision on a version that is not there any more is refused with how it stands', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: TWO })
  await place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB)
  const error = await refusalOf(place.desk.decide(approval.id, 1, { decision: 'approve' }, CAROL))
  expect(error).toMatchObject({ code: 'conflict', retryable: false })
  expect(asItStands(error)).toMatchObject({ version: 2, state: 'pending' })
})

test('a rejection stands at once, whatever the quorum, and keeps its reason', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: TWO })
  expect(await place.desk.decide(approval.id, 1, { decision: 'reject', reason: 'Not on a Friday.' }, BOB)).toMatchObject({
    state: 'rejected',
    decisions: [{ decision: 'reject', reason: 'Not on a Friday.' }],
  })
  expect(await place.book.read([approval.id])).toMatchObject([{ state: 'rejected', decision: 'reject', by: ['bob'], reason: 'Not on a Friday.' }])
  expect((await place.notes(approval.id)).map(({ facts }) => JSON.stringify(facts)).join()).not.toContain('Friday')
})

test('a quorum takes as many people as it says, and nobody counts twice', async () => {
  const place = await openPlace()
  const { approval, session } = await place.ask({ requirement: TWO })
  expect(await place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB)).toMatchObject({ state: 'pending', version: 2 })
  expect(await inboxOf(place, session.id)).toEqual([])
  expect((await place.desk.get(approval.id, BOB)).you).toMatchObject({ may_decide: false, decided: true })
  expect(await refusalOf(place.desk.decide(approval.id, 2, { decision: 'approve' }, BOB))).toMatchObject({ code: 'permission_denied' })
  expect(await place.desk.decide(approval.id, 2, { decision: 'approve', reason: 'Fine.' }, CAROL)).toMatchObject({ state: 'approved' })
  expect(await place.book.read([approval.id])).toMatchObject([{ decision: 'approve', by: ['bob', 'carol'], reason: 'Fine.' }])
})

test('an edit makes other bytes: what was approved before is set aside, and whoever saw the old ones is refused', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: TWO, args: { env: 'prod', password: 'hunter2' } })
  expect(JSON.stringify(approval)).not.toContain('hunter2')
  await place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB)
  const edited_args = { ...(approval.action.args as object), env: 'staging' }
  const edited = await place.desk.decide(approval.id, 2, { decision: 'edit', edited_args }, CAROL)
  const hash = edited.edit?.args_sha256 as string
  expect([approval.args_sha256, hashOf({ env: 'staging', password: 'hunter2' })]).not.toContain(hash)
  expect(edited).toMatchObject({
    state: 'pending',
    action: { args: { env: 'prod' } },
    edit: { args: edited_args, args_sha256: hash, by: 'user:carol' },
    decisions: [
      { by: { id: 'user:bob' }, superseded: true },
      { by: { id: 'user:carol' }, decision: 'edit', args_sha256: hash, superseded: false },
    ],
  })
  const stale = { decision: 'approve' as const, args_sha256: approval.args_sha256 }
  expect(await refusalOf(place.desk.decide(approval.id, 3, stale, BOB))).toMatchObject({ code: 'conflict' })
  expect(await place.desk.decide(approval.id, 3, { decision: 'approve', args_sha256: hash }, BOB)).toMatchObject({ state: 'approved' })
  expect(await place.book.read([approval.id])).toMatchObject([{ decision: 'edit', args: edited_args, args_sha256: hash, by: ['carol', 'bob'] }])
  expect(JSON.stringify([await place.ledger.get(approval.id), await place.notes(approval.id)])).not.toContain('hunter2')
})

test.each([
  ['changes nothing', { env: 'prod', token: 'mask' }, 'changes nothing'],
  ['changes a secret', { env: 'staging', token: 'mine' }, '/token is a secret'],
  ['says nothing', undefined, 'what is to be done instead'],
  ['is as large as a book', { env: 'x'.repeat(300_000), token: 'mask' }, 'more than 262144 bytes'],
])('an edit that %s is refused', async (_what, edited, words) => {
  const place = await openPlace()
  const { approval } = await place.ask({ args: { env: 'prod', token: 't' } })
  const shown = (approval.action.args as { token: string }).token
  const edited_args = edited && { ...edited, token: edited.token === 'mask' ? shown : edited.token }
  const error = await refusalOf(place.desk.decide(approval.id, 1, { decision: 'edit', ...(edited_args && { edited_args }) }, BOB))
  expect(error).toMatchObject({ code: 'invalid_request', param: 'edited_args', message: expect.stringContaining(words) })
})

test('of what the plan asks for only the instruction can be edited', async () => {
  const place = await openPlace()
  const args = { agent: 'worker', instruction: 'send it', inputs: [] }
  const { approval } = await place.ask({ ref: null, args })
  const edit = (edited_args: object) => place.desk.decide(approval.id, 1, { decision: 'edit', edited_args: edited_args as typeof args }, BOB)
  expect(await refusalOf(edit({ ...args, agent: 'other' }))).toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('Only the instruction'),
  })
  expect(await edit({ ...args, instruction: 'send it to us' })).toMatchObject({ state: 'approved' })
})

test('a decision that was not offered is refused', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: { allowed: ['approve', 'reject'] } })
  expect(await refusalOf(place.desk.decide(approval.id, 1, { decision: 'edit', edited_args: {} }, BOB))).toMatchObject({
    code: 'invalid_request',
    param: 'decision',
  })
})

test.each([
  ['a caller without a role', caller('alice'), 'Deciding takes the role approver.'],
  ['a viewer', person('eve', { role: 'viewer' }), 'Deciding takes the role approver.'],
  ['whoever it is done for, by their key', person('alice', { id: 'key:alice', role: 'admin' }), 'Whoever a request is for does not decide on it.'],
  ['whoever it is done for, at the console', person('alice'), 'Whoever a request is for does not decide on it.'],
])('%s does not decide', async (_who, viewer, why) => {
  const place = await openPlace()
  const { approval } = await place.ask({ owner: 'alice' })
  expect(await refusalOf(place.desk.decide(approval.id, 1, { decision: 'approve' }, viewer))).toMatchObject({ code: 'permission_denied', message: why })
  expect(await refusalOf(place.desk.extend(approval.id, 1, 60, viewer))).toMatchObject({ code: 'permission_denied' })
  expect((await place.desk.get(approval.id, viewer)).you).toEqual({ may_decide: false, why_not: why, decided: false })
  expect(await place.ledger.get(approval.id)).toMatchObject({ version: 1, state: 'pending' })
})

test.each([
  ['that role', ['role:operator'], person('o', { role: 'operator' }), true],
  ['a higher one', ['role:operator'], person('o', { role: 'admin' }), true],
  ['a lower one', ['role:operator'], person('o', { role: 'approver' }), false],
  ['a person by name', ['user:bob'], BOB, true],
  ['another person, however high', ['user:bob'], person('carol', { role: 'admin' }), false],
  ['a group', ['group:finance'], person('f', { groups: ['finance'] }), true],
  ['another group', ['group:finance'], person('f', { groups: ['sales'] }), false],
  ['somebody named who is only a viewer', ['user:bob'], person('bob', { role: 'viewer' }), false],
])('a quorum that names %s', async (_who, eligible, viewer, may) => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: { quorum: { required: 1, eligible, exclude_requester: true } } })
  expect((await place.desk.get(approval.id, viewer)).you.may_decide).toBe(may)
})

test('who asked may decide where the policy does not mind', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ owner: 'bob', requirement: { quorum: { required: 1, eligible: ['role:approver'], exclude_requester: false } } })
  expect(await place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB)).toMatchObject({ state: 'approved' })
})

test('callers see their own, actors see all, and what one may not see is not there', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ owner: 'alice' })
  await place.ask({ owner: 'dave' })
  expect(await place.desk.list(query(), caller('alice'))).toMatchObject({
    object: 'list',
    data: [{ id: approval.id }],
    total: 1,
    pending: 1,
    next_cursor: null,
  })
  expect((await place.desk.list(query(), person('eve', { role: 'viewer' }))).total).toBe(2)
  expect((await place.desk.get(approval.id, caller('alice'))).approval.id).toBe(approval.id)
  for (const viewer of [caller('dave'), caller('')]) {
    expect(await refusalOf(place.desk.get(approval.id, viewer))).toMatchObject({ code: 'not_found' })
    expect(await refusalOf(place.desk.decide(approval.id, 1, { decision: 'approve' }, viewer))).toMatchObject({ code: 'not_found' })
  }
})

test('that somebody looked is noted once for each, and a peek is not', async () => {
  const place = await openPlace()
  const { approval } = await place.ask()
  for (const viewer of [BOB, BOB, CAROL, caller('alice')]) await place.desk.get(approval.id, viewer)
  await place.desk.peek(approval.id, person('dave'))
  const views = (await place.notes(approval.id)).filter(({ kind }) => kind === 'approval.viewed')
  expect(views.map(({ by }) => by.id)).toEqual(['user:bob', 'user:carol'])
})

test('a session that cannot be told is told by the sweeper, and nobody who decided hears of it', async () => {
  let isAway = true
  const place = await openPlace({
    store: (store) => ({ ...store, push: async (...pushed) => (isAway ? Promise.reject(new AppError('unavailable', 'away')) : store.push(...pushed)) }),
  })
  const { approval, session } = await place.ask()
  expect(await place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB)).toMatchObject({ state: 'approved' })
  expect(await place.ledger.undelivered(10)).toMatchObject([{ id: approval.id }])
  isAway = false
  await place.sweeper().sweep()
  expect(await inboxOf(place, session.id)).toEqual([{ type: 'approval', id: approval.id }])
  expect(await place.ledger.undelivered(10)).toEqual([])
})

test('what its session does not ask any more is set aside instead of decided', async () => {
  const place = await openPlace()
  const { approval, session } = await place.ask()
  await place.store.delete(session.id)
  const error = await refusalOf(place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB))
  expect(error).toMatchObject({ code: 'conflict' })
  expect(asItStands(error)).toMatchObject({ state: 'superseded', version: 2 })
  expect((await place.notes(approval.id)).map(({ kind }) => kind)).toContain('approval.superseded')
})

test('nothing is decided after its time, though nobody has said yet that it expired', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: { deadlineMs: -1 } })
  const error = await refusalOf(place.desk.decide(approval.id, 1, { decision: 'approve' }, BOB))
  expect(error).toMatchObject({ code: 'conflict', message: 'The time to decide is over.' })
})

test('who may decide may give it more time, but not more than a week', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: { deadlineMs: 60_000 } })
  const extended = await place.desk.extend(approval.id, 1, 3_600, BOB)
  expect(Date.parse(extended.expires_at) - Date.parse(approval.expires_at)).toBe(3_600_000)
  expect(await refusalOf(place.desk.extend(approval.id, 2, 7 * 86_400, BOB))).toMatchObject({ code: 'invalid_request', param: 'seconds' })
  expect(await refusalOf(place.desk.extend(approval.id, 1, 60, BOB))).toMatchObject({ code: 'conflict' })
  expect((await place.notes(approval.id)).at(-1)).toMatchObject({ kind: 'approval.extended', by: { id: 'user:bob' }, facts: { seconds: 3_600 } })
})

test('several of low risk and one type are decided together, each answered by itself', async () => {
  const place = await openPlace()
  const low = { requirement: { risk: { level: 'low' as const, reasons: [] } } }
  const [first, second] = [await place.ask(low), await place.ask(low)]
  const other = await place.ask({ ...low, type: 'payment' })
  const high = await place.ask({ requirement: { risk: { level: 'high', reasons: [] } } })
  const items = [first, second, other, high].map(({ approval }) => ({ id: approval.id, version: 1 }))
  const { data } = await place.desk.decideMany({ decision: 'approve', items: [...items, { id: 'apr_none', version: 1 }, items[0] as (typeof items)[0]] }, BOB)
  expect(data.map(({ approval, error }) => error?.code ?? approval?.state)).toEqual([
    'approved',
    'approved',
    'invalid_request',
    'invalid_request',
    'not_found',
    'conflict',
  ])
  expect(data.slice(2).map(({ approval }) => approval?.state)).toEqual(['pending', 'pending', undefined, 'approved'])
  expect(data[2]?.error?.message).toContain('deploy, not payment')
  expect(await refusalOf(place.desk.decideMany({ decision: 'approve', items }, caller('alice')))).toMatchObject({ code: 'permission_denied' })
})
