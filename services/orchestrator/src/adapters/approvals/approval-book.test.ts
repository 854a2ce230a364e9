import { expect, test } from 'vitest'

import { openPlace, person, sessionThatAsks } from './fixtures/people.ts'

test('what a session asks is entered once, however often it is entered, and without its secrets', async () => {
  const place = await openPlace()
  const { ask, session } = await place.ask({ args: { env: 'prod', api_key: 'sk-1' }, document: { lineage: ['ses_outer', 'ses_middle'] } })
  await place.book.open(session, [ask, ask])
  const approval = await place.ledger.get(ask.id)
  expect(approval).toMatchObject({
    version: 1,
    state: 'pending',
    session_id: session.id,
    root_session_id: 'ses_outer',
    requested_by: 'alice',
    goal: 'Ship the release',
    statement: 'I want to deploy.',
    args_sha256: ask.args_sha256,
    action: { args: { env: 'prod', api_key: expect.stringContaining('••••') } },
  })
  expect((await place.notes(ask.id)).map(({ kind }) => kind)).toEqual(['approval.requested'])
  expect(await place.sent()).toEqual(['approval.requested'])
  expect(JSON.stringify([approval, await place.notes(ask.id)])).not.toContain('sk-1')
})

test('only those that have ended are read', async () => {
  const place = await openPlace()
  const [open, decided] = [await place.ask(), await place.ask()]
  await place.desk.decide(decided.approval.id, 1, { decision: 'approve' }, person('bob'))
  expect(await place.book.read([open.approval.id, decided.approval.id, 'apr_none'])).toEqual([
    {
      id: decided.approval.id,
      state: 'approved',
      decision: 'approve',
      by: ['bob'],
      reason: null,
      args_sha256: decided.ask.args_sha256,
      at: expect.any(String),
    },
  ])
})

test('what is set aside is not pending any more; what was decided stays decided', async () => {
  const place = await openPlace()
  const [open, decided] = [await place.ask(), await place.ask()]
  await place.desk.decide(decided.approval.id, 1, { decision: 'approve' }, person('bob'))
  await place.book.supersede([open.approval.id, decided.approval.id, 'apr_none'], 'The session has ended.')
  expect(await place.ledger.get(open.approval.id)).toMatchObject({ state: 'superseded', decided_at: expect.any(String) })
  expect(await place.ledger.get(decided.approval.id)).toMatchObject({ state: 'approved' })
  expect((await place.notes(open.approval.id)).at(-1)).toMatchObject({ kind: 'approval.superseded', facts: { why: 'The session has ended.' } })
})

test('what is set aside while it is being entered does not stay pending', async () => {
  const opened = Promise.withResolvers<void>()
  const place = await openPlace({
    ledger: (ledger) => ({
      ...ledger,
      async open(...args) {
        await opened.promise
        return ledger.open(...args)
      },
    }),
  })
  const { document, ask } = sessionThatAsks({})
  const entering = place.book.open(document, [ask])
  const settingAside = place.book.supersede([ask.id], 'It is over.')
  opened.resolve()
  await Promise.all([entering, settingAside])
  expect(await place.ledger.get(ask.id)).toMatchObject({ state: 'superseded' })
})
