import type { ApprovalLedger } from '@signalbox/approvals'
import type { Approval, ApprovalDetail, LinkView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { anApproval } from '../adapters/notify/fixtures/approval.ts'
import { channelsOf, openLedger, SECRET } from '../adapters/notify/fixtures/world.ts'
import { createLinkDesk, createLinks } from '../adapters/notify/index.ts'
import type { ApprovalDesk, Viewer } from '../core/approvals/ports.ts'
import { linkRoutes } from './link-routes.ts'

test('a person’s link shows the approval and that it can be decided, and looking leaves no trace, however often', async () => {
  const { post, linkTo, ledger } = await world()
  for (let look = 0; look < 3; look += 1) {
    const { status, body } = await post('/read', { token: linkTo('alice') })
    expect(status).toBe(200)
    expect(body).toMatchObject({ approval: { id: 'apr_1', version: 1, state: 'pending' }, recipient: 'alice', usable: true, why_not: null })
  }
  expect(await ledger.head()).toBe(0)
  expect(await ledger.get('apr_1')).toMatchObject({ version: 1, decisions: [] })
})

test('it decides in that person’s name, by the way it came, and is used up', async () => {
  const { post, linkTo, ledger } = await world()
  const token = linkTo('alice')
  const decided = await post('/decide', { token, version: 1, decision: 'reject', reason: 'Not today.' })
  expect(decided).toMatchObject({ status: 200, body: { approval: { version: 2, state: 'rejected' }, usable: false, why_not: 'This link has been used.' } })
  expect((await ledger.get('apr_1'))?.decisions).toMatchObject([
    { by: { id: 'user:alice', name: 'alice' }, via: 'link', decision: 'reject', reason: 'Not today.' },
  ])
  expect(await post('/read', { token })).toMatchObject({ status: 200, body: { usable: false, why_not: 'This link has been used.' } })
  expect(await post('/decide', { token, version: 2, decision: 'approve' })).toMatchObject({
    status: 409,
    body: { approval: { state: 'rejected', version: 2 } },
  })
})

test('one that came by Slack says so', async () => {
  const { post, linkTo, ledger } = await world()
  await post('/decide', { token: linkTo('chat'), version: 1, decision: 'approve' })
  expect((await ledger.get('apr_1'))?.decisions).toMatchObject([{ by: { id: 'user:bob' }, via: 'slack' }])
})

test('a try that is refused does not use the link up', async () => {
  const { post, linkTo } = await world()
  const token = linkTo('alice')
  expect(await post('/decide', { token, version: 7, decision: 'approve' })).toMatchObject({
    status: 409,
    body: { error: { code: 409 }, approval: { version: 1 } },
  })
  expect(await post('/decide', { token, version: 1, decision: 'approve' })).toMatchObject({ status: 200, body: { approval: { state: 'approved' } } })
})

test('of two uses at once one decides', async () => {
  const { post, linkTo, ledger } = await world()
  const token = linkTo('alice')
  const answers = await Promise.all(['approve', 'reject'].map((decision) => post('/decide', { token, version: 1, decision })))
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409])
  expect((await ledger.get('apr_1'))?.decisions).toHaveLength(1)
})

test('a link that was used stays used when an edit set that decision aside; one from a later message does not', async () => {
  const { post, linkTo, ledger } = await world({ quorum: 2 })
  const token = linkTo('alice')
  await post('/decide', { token, version: 1, decision: 'approve' })
  const [one] = (await ledger.get('apr_1'))?.decisions ?? []
  await ledger.change({ ...(await stands(ledger)), decisions: [{ ...one, superseded: true } as Approval['decisions'][number]] }, 2, {
    notes: [],
    deliveries: [],
  })
  expect(await post('/decide', { token, version: 3, decision: 'approve' })).toMatchObject({ status: 409 })
  const later = linkTo('alice', new Date(Date.parse(one?.at ?? '') + 1).toISOString())
  expect(await post('/decide', { token: later, version: 3, decision: 'approve' })).toMatchObject({ status: 200 })
})

test('a link of a channel that many read only shows', async () => {
  const { post, linkTo, ledger } = await world()
  const token = linkTo('many')
  expect(await post('/read', { token })).toMatchObject({
    status: 200,
    body: { recipient: 'Anybody with this link', usable: false, why_not: 'This link only shows. Sign in to the console to decide.' },
  })
  expect(await post('/decide', { token, version: 1, decision: 'approve' })).toMatchObject({ status: 403 })
  expect((await ledger.get('apr_1'))?.state).toBe('pending')
})

test('who may not decide is told why by the link too', async () => {
  const { post, linkTo } = await world()
  expect(await post('/read', { token: linkTo('onlooker') })).toMatchObject({ body: { usable: false, why_not: 'It takes an approver.' } })
  expect(await post('/decide', { token: linkTo('onlooker'), version: 1, decision: 'approve' })).toMatchObject({ status: 403 })
})

test('what is no link of ours is a 404, and what is no such request a 400', async () => {
  const { post, linkTo } = await world()
  expect(await post('/read', { token: `${linkTo('alice')}x` })).toMatchObject({
    status: 404,
    body: { error: { message: expect.stringContaining('not one of ours') } },
  })
  expect(await post('/read', {})).toMatchObject({ status: 400 })
  expect(await post('/decide', { token: linkTo('alice'), version: 1, decision: 'edit' })).toMatchObject({ status: 400 })
  expect(await post('/read', { token: 'x'.repeat(20_000) })).toMatchObject({ status: 413 })
})

test('nothing is decided by GET', async () => {
  const { get } = await world()
  expect(await get('/decide')).toBe(404)
  expect(await get('/read')).toBe(404)
})

async function world({ quorum = 1 } = {}) {
  const hook = { type: 'webhook', url: 'https://example.com', secret: SECRET }
  const onlooker = { id: 'user:olga', name: 'Olga', role: 'viewer' }
  const channels = channelsOf(
    { ...hook, id: 'many' },
    { ...hook, id: 'alice', recipient: 'user:alice' },
    { ...hook, id: 'onlooker', recipient: onlooker },
    {
      id: 'chat',
      type: 'slack',
      url: 'https://example.com',
      recipient: 'user:bob',
    },
  )
  const ledger = await openLedger()
  const approval = anApproval()
  await ledger.open({ ...approval, quorum: { ...approval.quorum, required: quorum } }, { notes: [], deliveries: [] })
  const links = createLinks({ secret: 'a secret', channels })
  const routes = linkRoutes(createLinkDesk({ links, ...deskOn(ledger) }))
  return {
    ledger,
    linkTo: (channel: string, at = approval.created_at) => links.issue({ id: 'dlv_1', channel, at, approval }),
    async post(path: string, body: object): Promise<{ status: number; body: Partial<LinkView> }> {
      const response = await routes.request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
      return { status: response.status, body: (await response.json()) as Partial<LinkView> }
    },
    get: async (path: string) => (await routes.request(path)).status,
  }
}

/** The desk's port on a real ledger, with as many rules as these stories need. */
function deskOn(ledger: ApprovalLedger): { desk: Pick<ApprovalDesk, 'decide'>; peek: (id: string, viewer: Viewer) => Promise<ApprovalDetail> } {
  const peek = async (_id: string, { actor }: Viewer): Promise<ApprovalDetail> => {
    const approval = await stands(ledger)
    const whyNot = actor?.role === 'viewer' ? 'It takes an approver.' : approval.state === 'pending' ? null : 'It is decided.'
    return { approval, you: { may_decide: whyNot === null, why_not: whyNot, decided: false } }
  }
  const decide: ApprovalDesk['decide'] = async (id, version, { decision, reason }, { actor }) => {
    const approval = await stands(ledger)
    if (!actor || actor.role === 'viewer') throw new AppError('permission_denied', 'It takes an approver.')
    if (approval.version !== version) throw new AppError('conflict', 'It has changed.', { details: { approval } })
    const word = {
      by: { id: actor.id, name: actor.name },
      via: actor.via,
      decision,
      reason: reason ?? null,
      args_sha256: approval.args_sha256,
      at: new Date().toISOString(),
      superseded: false,
    }
    const decisions = [...approval.decisions, word]
    const isEnough = decision === 'reject' || decisions.length >= approval.quorum.required
    const state = isEnough ? (decision === 'reject' ? 'rejected' : 'approved') : 'pending'
    return ledger.change({ ...approval, id, state, decisions }, version, { notes: [], deliveries: [] })
  }
  return { desk: { decide }, peek }
}

async function stands(ledger: ApprovalLedger): Promise<Approval> {
  const approval = await ledger.get('apr_1')
  if (!approval) throw new Error('there is no approval')
  return approval
}
