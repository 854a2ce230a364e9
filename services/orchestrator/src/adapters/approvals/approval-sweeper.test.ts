import { expect, test } from 'vitest'

import { openPlace, person } from './fixtures/people.ts'

const later = (ms: number) => () => new Date(Date.now() + ms)
const MINUTE = 60_000

test('what nobody decides in time is rejected, and its session is told', async () => {
  const place = await openPlace()
  const { approval, session } = await place.ask({ requirement: { deadlineMs: MINUTE } })
  await place.sweeper().sweep()
  expect(await place.ledger.get(approval.id)).toMatchObject({ state: 'pending' })
  await place.sweeper(later(MINUTE)).sweep()
  expect(await place.ledger.get(approval.id)).toMatchObject({
    state: 'expired',
    decisions: [{ by: { id: 'policy:timeout' }, via: 'policy', decision: 'reject', reason: 'Nobody decided in time.' }],
  })
  expect((await place.store.inbox(session.id)).map(({ message }) => message)).toEqual([{ type: 'approval', id: approval.id }])
  expect(await place.book.read([approval.id])).toMatchObject([{ state: 'expired', decision: 'reject', reason: 'Nobody decided in time.' }])
  expect((await place.notes(approval.id)).map(({ kind }) => kind)).toEqual(['approval.requested', 'approval.expired', 'approval.delivered'])
  expect(await place.sent()).toEqual(['approval.requested', 'approval.expired'])
})

test('time approves what a policy of low risk lets it, and nothing that was edited or is riskier', async () => {
  const place = await openPlace()
  const low = { risk: { level: 'low' as const, reasons: [] }, on_timeout: 'approve' as const, deadlineMs: MINUTE }
  const plain = await place.ask({ requirement: low })
  const risky = await place.ask({ requirement: { ...low, risk: { level: 'medium', reasons: [] } } })
  const edited = await place.ask({ requirement: { ...low, quorum: { required: 2, eligible: ['role:approver'], exclude_requester: true } } })
  await place.desk.decide(edited.approval.id, 1, { decision: 'edit', edited_args: { env: 'staging' } }, person('bob'))
  await place.sweeper(later(MINUTE)).sweep()
  const states = await Promise.all([plain, risky, edited].map(async ({ approval }) => (await place.ledger.get(approval.id))?.state))
  expect(states).toEqual(['approved', 'expired', 'expired'])
  expect(await place.book.read([plain.approval.id])).toMatchObject([{ state: 'approved', decision: 'approve', args_sha256: plain.ask.args_sha256 }])
})

test('when its time comes it is escalated once, and whom it is escalated to may decide too', async () => {
  const place = await openPlace()
  const requirement = {
    deadlineMs: 10 * MINUTE,
    escalateAfterMs: 5 * MINUTE,
    escalatesTo: ['user:head'],
    quorum: { required: 1, eligible: ['user:bob'], exclude_requester: true },
  }
  const { approval } = await place.ask({ requirement })
  const head = person('head')
  expect((await place.desk.peek(approval.id, head)).you.may_decide).toBe(false)
  for (const after of [6 * MINUTE, 7 * MINUTE]) await place.sweeper(later(after)).sweep()
  expect(await place.ledger.get(approval.id)).toMatchObject({ state: 'pending', escalated: true, version: 2 })
  expect((await place.notes(approval.id)).map(({ kind }) => kind)).toEqual(['approval.requested', 'approval.escalated'])
  expect(await place.sent()).toEqual(['approval.requested', 'approval.escalated'])
  expect(await place.desk.decide(approval.id, 2, { decision: 'approve' }, head)).toMatchObject({ state: 'approved' })
})

test('two that sweep at once expire it once', async () => {
  const place = await openPlace()
  const { approval } = await place.ask({ requirement: { deadlineMs: MINUTE } })
  await Promise.all([place.sweeper(later(MINUTE)).sweep(), place.sweeper(later(MINUTE)).sweep()])
  expect((await place.notes(approval.id)).filter(({ kind }) => kind === 'approval.expired')).toHaveLength(1)
})

test('a session that is gone needs no telling', async () => {
  const place = await openPlace()
  const { session } = await place.ask({ requirement: { deadlineMs: MINUTE } })
  await place.store.delete(session.id)
  await place.sweeper(later(MINUTE)).sweep()
  expect(await place.ledger.undelivered(10)).toEqual([])
})

test('decided ones are forgotten when their time is over, and the audit is not', async () => {
  const place = await openPlace()
  const { approval } = await place.ask()
  await place.desk.decide(approval.id, 1, { decision: 'approve' }, person('bob'))
  await place.sweeper(later(2 * 86_400_000)).sweep()
  expect(await place.ledger.get(approval.id)).toBeUndefined()
  expect(await place.ledger.verify()).toMatchObject({ ok: true, entries: 3 })
})
