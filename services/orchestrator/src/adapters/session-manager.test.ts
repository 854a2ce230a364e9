import { join } from 'node:path'

import { openSqliteApprovalLedger } from '@signalbox/approvals'
import { createId, UNDRIVEN, type AuditNote, type NewSessionEvent, type SessionDocument } from '@signalbox/contracts'
import { openSqliteSessionStore, type SessionStore } from '@signalbox/sessions'
import { temporaryFolder } from '@signalbox/testing'
import { expect, onTestFinished, test } from 'vitest'

import { withAnswer } from '../core/approvals/outcomes.ts'
import { caller, person, refusalOf } from './approvals/fixtures/people.ts'
import { createSessionManager, type SessionManager } from './session-manager.ts'

const ALICE = caller('alice')
const VIEWER = person('eve', { role: 'viewer' })
const OPERATOR = person('olga', { role: 'operator' })
const AT = '2026-01-01T00:00:00.000Z'

test('owners list their own sessions, actors everybody’s, and sub-plans stand only with what they are for', async () => {
  const { manager, add } = await openPlace()
  const own = await add({ created_at: '2026-01-01T00:00:01.000Z', goal: 'Compare trains' })
  const foreign = await add({ created_at: '2026-01-01T00:00:02.000Z', owner: 'bob' })
  const child = await add({ lineage: [own.id] })
  const ids = async (query: object, viewer = VIEWER) => (await manager.list({ limit: 10, ...query }, viewer)).data.map(({ id }) => id)
  expect(await ids({})).toEqual([foreign.id, own.id])
  expect(await ids({}, ALICE)).toEqual([own.id])
  expect(await ids({ owner: 'bob' })).toEqual([foreign.id])
  expect(await ids({ owner: 'bob' }, ALICE)).toEqual([])
  expect(await ids({ of: own.id })).toEqual([child.id])
  expect(await ids({ q: 'TRAINS' })).toEqual([own.id])
  expect(await ids({ q: child.id })).toEqual([child.id])
  expect(await ids({ status: ['failed'] })).toEqual([])
  const first = await manager.list({ limit: 1 }, VIEWER)
  expect(first).toMatchObject({ object: 'list', total: 2, next_cursor: expect.any(String) })
  expect(await ids({ limit: 1, cursor: first.next_cursor as string })).toEqual([own.id])
})

test('a row says what a session is made of and what it waits for', async () => {
  const { manager, add } = await openPlace()
  await add({ status: 'waiting_input', ...ASKING })
  expect((await manager.list({ limit: 1 }, ALICE)).data).toMatchObject([
    {
      owner: 'alice',
      status: 'waiting_input',
      nodes: { total: 1, completed: 0, running: 0, waiting: 1, failed: 0 },
      agents: ['helper'],
      questions_open: 2,
      approvals_open: 0,
    },
  ])
})

test('a session is shown whole to its owner and to actors, and is not there for others', async () => {
  const { manager, add } = await openPlace()
  const { id } = await add({ traceparent: '00-a-b-01' })
  for (const viewer of [ALICE, VIEWER]) {
    const detail = await manager.get(id, viewer)
    expect(detail).toMatchObject({ owner: 'alice', traceparent: '00-a-b-01', conversation: [{ text: 'hello' }], session: { id } })
  }
  expect(await refusalOf(manager.get(id, caller('bob')))).toMatchObject({ code: 'not_found' })
})

test('only operators change others’ sessions; who has no role does not even find them', async () => {
  const { manager, add, notes } = await openPlace()
  const { id } = await add()
  const acts: ((viewer: typeof ALICE) => Promise<unknown>)[] = [
    (viewer) => manager.cancel(id, viewer),
    (viewer) => manager.pause(id, viewer),
    (viewer) => manager.resume(id, viewer),
    (viewer) => manager.input(id, viewer, { text: 'x' }),
    (viewer) => manager.redrive(id, viewer, {}),
    (viewer) => manager.drop(id, viewer),
  ]
  for (const act of acts) {
    expect(await refusalOf(act(person('a', { role: 'approver' })))).toMatchObject({ code: 'permission_denied' })
    expect(await refusalOf(act(caller('bob')))).toMatchObject({ code: 'not_found' })
  }
  expect(await notes()).toEqual([])
})

test('what an operator does to a session is put down before it is done', async () => {
  const { manager, add, driven, notes } = await openPlace()
  const { id } = await add()
  driven(id)
  expect(await manager.pause(id, OPERATOR)).toEqual({ session_id: id, status: 'paused' })
  expect(await manager.resume(id, OPERATOR)).toEqual({ session_id: id, status: 'active' })
  expect(await manager.cancel(id, OPERATOR)).toEqual({ session_id: id, status: 'canceled' })
  expect(await manager.cancel(id, OPERATOR)).toEqual({ session_id: id, status: 'canceled' })
  expect(await refusalOf(manager.pause(id, OPERATOR))).toMatchObject({ code: 'conflict' })
  expect((await notes()).map(({ kind, by, subject }) => [kind, by.id, subject])).toEqual([
    ['session.paused', 'user:olga', id],
    ['session.resumed', 'user:olga', id],
    ['session.canceled', 'user:olga', id],
  ])
})

test('what an owner does is done, and not put down', async () => {
  const { manager, add, driven, notes, store } = await openPlace()
  const { id } = await add()
  driven(id)
  expect(await manager.cancel(id, ALICE)).toMatchObject({ status: 'canceled' })
  expect((await store.load(id))?.document.error?.message).toBe('The session was canceled by its owner.')
  expect(await notes()).toEqual([])
})

test('an act that cannot be put down is not done', async () => {
  const { add, store } = await openPlace()
  const manager = managerOn(store, async () => Promise.reject(new Error('the ledger is away')))
  const { id } = await add()
  const dead = await add({ status: 'failed', finished_at: AT, dead_letters: [LETTER] })
  await expect(manager.cancel(id, OPERATOR)).rejects.toThrow('away')
  await expect(manager.drop(dead.id, OPERATOR)).rejects.toThrow('away')
  expect(await store.inbox(id)).toEqual([])
  expect((await store.load(dead.id))?.document.dead_letters).toHaveLength(1)
})

test('an answer goes to the question that was asked first, or to the one that is named', async () => {
  const { manager, add, driven, store, notes } = await openPlace()
  const { id } = await add({ status: 'waiting_input', ...ASKING })
  driven(id)
  await manager.input(id, OPERATOR, { text: 'Blue', question: 'q2' })
  await manager.input(id, ALICE, { text: 'Red', key: 'k1' })
  expect(await manager.input(id, ALICE, { text: 'Green', key: 'k1' })).toMatchObject({ session_id: id })
  expect((await store.load(id))?.document.questions).toMatchObject({ q1: { answer: { text: 'Red', key: 'k1' } }, q2: { answer: { text: 'Blue' } } })
  expect(await refusalOf(manager.input(id, ALICE, { text: 'x' }))).toMatchObject({ code: 'conflict', message: expect.stringContaining('asks nothing') })
  expect(await refusalOf(manager.input(id, ALICE, { text: 'x', question: 'q1' }))).toMatchObject({ code: 'conflict' })
  expect(await notes()).toMatchObject([{ kind: 'session.answered', facts: { question: 'q2', owner: 'alice' } }])
  expect(JSON.stringify(await notes())).not.toContain('Blue')
})

test('of two that answer at once the second is told that somebody was faster', async () => {
  const { manager, add, driven } = await openPlace()
  const { id } = await add({ status: 'waiting_input', ...ASKING })
  const answering = [manager.input(id, ALICE, { text: 'Red' }), manager.input(id, OPERATOR, { text: 'Blue' })]
  driven(id)
  const settled = await Promise.allSettled(answering)
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect((settled[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'conflict', message: 'Somebody else has answered it.' })
})

test('operators redrive and drop what failed, whoever it is of', async () => {
  const { manager, add, notes, rung } = await openPlace()
  const dead = { status: 'failed', finished_at: AT, dead_letters: [LETTER] } as const
  const [first, second] = [await add({ ...dead, dead_letters: [LETTER] }), await add({ ...dead, dead_letters: [LETTER], owner: 'bob' })]
  expect(await manager.deadLetters(VIEWER, { limit: 10 })).toMatchObject({ total: 2 })
  expect(await manager.deadLetters(ALICE, { limit: 10 })).toMatchObject({ total: 1 })
  expect(await manager.redrive(first.id, OPERATOR, {})).toMatchObject({ status: 'active' })
  expect(await manager.drop(second.id, OPERATOR)).toMatchObject({ status: 'failed' })
  expect(rung).toEqual([first.id])
  expect((await notes()).map(({ kind, subject }) => [kind, subject])).toEqual([
    ['session.redriven', first.id],
    ['session.dropped', second.id],
  ])
})

test('who waits for events gets the next ones as they come, and nothing after the time is over', async () => {
  const { manager, add, store } = await openPlace()
  const { id } = await add()
  const waiting = manager.events(id, ALICE, { after: 1, limit: 10 }, AbortSignal.timeout(10_000))
  const lease = await store.acquire(id, { holder: 'x', leaseMs: 60_000 })
  await store.append(lease!, [{ type: 'node.progress', at: AT, node: 'n', agent: 'a', text: 'on it' }])
  expect(await waiting).toMatchObject({ events: [{ seq: 2, text: 'on it' }], over: false })
  expect(await manager.events(id, ALICE, { after: 2, limit: 10 }, AbortSignal.timeout(20))).toEqual({ events: [], over: false })
  expect(await manager.events(id, VIEWER, { after: 0, limit: 1 })).toMatchObject({ events: [{ seq: 1 }], over: false })
})

const LETTER: SessionDocument['dead_letters'][number] = { node: null, agent: null, error: { code: 'agent_failed', message: 'x' }, attempts: 1, at: AT }
const QUESTION = { node: 'n1', agent: 'helper', epoch: 1, text: 'Which?', asked_at: AT, answer: null, told: false }
const ASKING: Partial<SessionDocument> = {
  nodes: { n1: { state: 'waiting', waits_for: 'input', agent: 'helper', attempts: 1, epoch: 1 } },
  questions: { q1: { ...QUESTION, id: 'q1' }, q2: { ...QUESTION, id: 'q2' } },
}

function managerOn(store: SessionStore, note: (note: AuditNote) => Promise<unknown>, rung: string[] = []): SessionManager {
  return createSessionManager({ store, doorbell: { ring: async (id) => void rung.push(id) }, holder: 'manager', budget: {}, knowsAgent: () => true, note })
}

async function openPlace() {
  const folder = await temporaryFolder()
  const store = openSqliteSessionStore({ path: join(folder.path, 'sessions.db'), pollMs: 10 })
  const ledger = openSqliteApprovalLedger({ path: join(folder.path, 'approvals.db') })
  const stopping = new AbortController()
  const drives: Promise<void>[] = []
  onTestFinished(async () => {
    stopping.abort()
    await Promise.allSettled(drives)
    await Promise.all([store.close(), ledger.close()])
    await folder[Symbol.asyncDispose]()
  })
  const rung: string[] = []
  return {
    store,
    rung,
    manager: managerOn(store, (note) => ledger.note(note), rung),
    notes: async () => ledger.entries(0, 100),
    async add(changes: Partial<SessionDocument> = {}): Promise<SessionDocument> {
      const now = new Date().toISOString()
      const id = createId('ses')
      const document: SessionDocument = {
        ...UNDRIVEN,
        schema: 1,
        id,
        owner: 'alice',
        goal: 'hello',
        conversation: [{ role: 'user', text: 'hello' }],
        request_id: 'req_1',
        created_at: now,
        updated_at: now,
        ...changes,
      }
      return (await store.create(document, [{ type: 'session.created', at: now }])).document
    },
    /** Somebody drives it from now on. */
    driven: (id: string) => void drives.push(drive(store, id, stopping.signal)),
  }
}

/** As a driver does it: what is said is applied, and told. */
async function drive(store: SessionStore, id: string, signal: AbortSignal): Promise<void> {
  const lease = await store.acquire(id, { holder: 'driver', leaseMs: 60_000 })
  for await (const { message, position } of store.heed(id, signal)) {
    const stored = await store.load(id)
    if (!stored || !lease) return
    const { document, rev } = stored
    const change = (changes: Partial<SessionDocument>, ...events: NewSessionEvent[]) =>
      store.save(lease, { rev, document: { ...document, ...changes }, events, consumed: position })
    if (message.type === 'pause') await change({ status: 'paused', paused_at: AT }, { type: 'session.paused', at: AT })
    else if (message.type === 'resume') await change({ status: 'active', paused_at: null }, { type: 'session.unpaused', at: AT })
    else if (message.type === 'cancel') {
      const error = { code: 'canceled', message: message.reason ?? '' }
      await change({ status: 'canceled', finished_at: AT, error }, { type: 'session.canceled', at: AT, usage: UNDRIVEN.usage })
    } else if (message.type === 'answer') {
      const answered = withAnswer(document, message)
      await change(answered.document, ...answered.events)
    }
  }
}
