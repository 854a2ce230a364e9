import { setTimeout as pause } from 'node:timers/promises'

import type { AppError } from '@signalbox/errors'
import { openFaultyWire } from '@signalbox/sessions/contract'
import { eventually, startRedis } from '@signalbox/testing'
import { expect, test } from 'vitest'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { codeOf, idsOf, upTo, wholeAudit } from '../contract/ledgers.ts'
import { also, decided, NOTHING_ELSE, query, sampleApproval, sampleDelivery, sampleNote, taken } from '../contract/sample-approval.ts'
import { openLedgerOnRedis } from './open-ledger-on-redis.ts'

const UNAVAILABLE_WITHIN_MS = 2_500

test(
  'Redis killed three times under twenty writers: nothing acknowledged is lost, nothing is there twice, and the chain is whole',
  { timeout: 60_000 },
  async () => {
    await using server = await startRedis()
    await using ledgers = openLedgers(server.url)
    const [here, there] = [await ledgers.open(), await ledgers.open()]
    const writers = upTo(20).map((writer) => createWriter(writer % 2 ? here : there, `w${writer}`))
    const running = writers.map((writer) => writer.run())
    for (let round = 1; round <= 3; round += 1) {
      await eventually('all have written', () => writers.every(({ acknowledged }) => acknowledged.length >= 8 * round), 30_000)
      await server.kill('SIGKILL')
      await server.restart()
    }
    await eventually('all have written again', () => writers.every(({ acknowledged }) => acknowledged.length >= 30), 30_000)
    for (const writer of writers) writer.stop()
    await Promise.all(running)

    const entries = await wholeAudit(here)
    expect(entries.map(({ seq }) => seq)).toEqual(upTo(entries.length))
    const acknowledged = writers.flatMap((writer) => writer.acknowledged)
    expect(entries.map(({ subject }) => subject).toSorted()).toEqual(acknowledged.toSorted())
    expect(await there.verify()).toMatchObject({ ok: true, entries: entries.length })
    for (const { id, acknowledged } of writers) expect(await here.get(id)).toMatchObject({ version: acknowledged.length })
  },
)

test('while Redis is away every call says so soon, and works when it is back', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using ledgers = openLedgers(server.url)
  const ledger = await ledgers.open()
  const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
  const delivery = await ledger.send(sampleDelivery())
  const calls: Record<string, () => Promise<unknown>> = {
    open: () => ledger.open(sampleApproval(), also(opened)),
    get: () => ledger.get(opened.id),
    change: () => ledger.change(decided(opened), 1, also(opened)),
    list: () => ledger.list(query()),
    filter: () => ledger.list(query({ agent: 'a' })),
    undelivered: () => ledger.undelivered(1),
    delivered: () => ledger.delivered(opened.id),
    due: () => ledger.due(new Date(), 1),
    note: () => ledger.note(sampleNote()),
    noteToo: () => ledger.note(sampleNote()),
    audit: () => ledger.audit({ limit: 1 }),
    entries: () => ledger.entries(0, 1),
    head: () => ledger.head(),
    waitBeyond: () => ledger.waitBeyond(5, AbortSignal.timeout(10_000)),
    verify: () => ledger.verify(),
    send: () => ledger.send(sampleDelivery()),
    claim: () => ledger.claim(new Date(), 1, 1_000),
    settle: () => ledger.settle(taken(delivery)),
    deliveries: () => ledger.deliveries({ limit: 1 }),
    lastDeliveries: () => ledger.lastDeliveries(['ops']),
    useOnce: () => ledger.useOnce('a', new Date()),
    sweep: () => ledger.sweep(new Date()),
    ping: () => ledger.ping(AbortSignal.timeout(10_000)),
  }
  await server.kill()
  // The first ones wait whether it comes back; the last ones know that it is away.
  for (const patience of [UNAVAILABLE_WITHIN_MS, 500]) {
    const failures = await Promise.all(Object.entries(calls).map(async ([name, call]) => ({ name, ...(await timed(call)) })))
    for (const { name, error, took } of failures) {
      expect({ name, error }).toMatchObject({ name, error: { code: 'unavailable', retryable: true, message: 'The approval ledger cannot be reached.' } })
      expect(took, name).toBeLessThan(patience)
    }
  }
  await server.restart()
  await eventually('it is back', async () => (await codeOf(ledger.ping(AbortSignal.timeout(1_000)))) === 'no error')
  expect(await ledger.get(opened.id)).toEqual(opened)
  expect((await ledger.change(decided(opened), 1, also(opened))).version).toBe(2)
})

test('a Redis that stands still is away soon; what was asked meanwhile and is asked again happens once', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using ledgers = openLedgers(server.url)
  const ledger = await ledgers.open()
  const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
  const [asked, decision, note, message] = [sampleApproval(), decided(opened), sampleNote({ subject: 'noted' }), sampleDelivery()]
  const tomorrow = new Date(Date.now() + 86_400_000)
  const repeated = (): Promise<unknown>[] => [
    ledger.open(asked, also(asked)),
    ledger.change(decision, 1, also(opened, 'approval.decided')),
    ledger.note(note),
    ledger.send(message),
    ledger.useOnce('link', tomorrow),
  ]
  await server.kill('SIGSTOP')
  for (const { error, took } of await Promise.all(repeated().map((call) => timed(() => call)))) {
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    expect(took).toBeLessThan(UNAVAILABLE_WITHIN_MS)
  }
  await server.kill('SIGCONT')
  await eventually('it goes on', async () => (await codeOf(ledger.ping(AbortSignal.timeout(1_000)))) === 'no error')
  const [opening, changed, noted, sent, used] = await Promise.all(repeated())
  expect(opening).toEqual(asked)
  expect(changed).toMatchObject({ version: 2, state: 'approved' })
  expect(sent).toMatchObject({ id: message.id })
  expect(used).toBe(true)
  expect(await ledger.useOnce('link', tomorrow)).toBe(false)
  const entries = await wholeAudit(ledger)
  expect(entries.map(({ kind }) => kind).toSorted()).toEqual(['approval.decided', 'approval.requested', 'approval.viewed'])
  expect(entries).toContainEqual(noted)
  expect((await ledger.verify()).ok).toBe(true)
})

test('a write whose answer was lost is answered as if it had not been, and happened once', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using wire = await openFaultyWire(server.port)
  await using ledgers = openLedgers(`redis://127.0.0.1:${wire.port}`)
  await using others = openLedgers(server.url)
  const [ledger, other] = [await ledgers.open(), await others.open()]
  // Redis knows the scripts by now, so that what is lost is their answer and not that it must be told them.
  const first = await other.open(sampleApproval(), NOTHING_ELSE)
  expect(await other.claim(new Date(0), 1, 1)).toEqual([])
  expect(await codeOf(other.settle({ ...taken(await other.send(sampleDelivery({ id: 'dlv_0' }))), id: 'dlv_none' }))).toBe('not_found')
  await other.settle(taken(await other.send(sampleDelivery({ id: 'dlv_0' }))))
  await other.useOnce(first.id, new Date())

  let lost = wire.loseAnswerTo('lost-open')
  const opened = await ledger.open(sampleApproval({ goal: 'lost-open' }), { notes: [sampleNote()], deliveries: [sampleDelivery({ id: 'dlv_1' })] })
  await lost
  expect(await other.get(opened.id)).toEqual(opened)

  // Another has gone on meanwhile: what was written is where it was written.
  await other.note(sampleNote())
  lost = wire.loseAnswerTo('lost-note')
  const noted = await ledger.note(sampleNote({ facts: { what: 'lost-note' } }))
  await lost
  expect(noted.seq).toBe(3)
  expect((await wholeAudit(other))[2]).toEqual(noted)

  lost = wire.loseAnswerTo('lost-change')
  const changed = await ledger.change({ ...decided(opened), goal: 'lost-change' }, 1, { ...also(opened, 'approval.decided'), undelivered: true })
  await lost
  expect(changed.version).toBe(2)
  expect(await other.get(opened.id)).toEqual(changed)
  expect(idsOf(await other.undelivered(10))).toEqual([opened.id])

  lost = wire.loseAnswerTo('deliveries:holders')
  const [claimed] = await ledger.claim(new Date(Date.now() + 1_000), 10, 60_000)
  await lost
  expect(claimed?.id).toBe('dlv_1')
  expect(await other.claim(new Date(Date.now() + 1_000), 10, 60_000)).toEqual([])
  lost = wire.loseAnswerTo('"delivered"')
  if (claimed) await ledger.settle(taken(claimed))
  await lost
  expect((await other.deliveries({ limit: 10 })).deliveries).toMatchObject([{ id: 'dlv_1', state: 'delivered' }, { id: 'dlv_0' }])

  lost = wire.loseAnswerTo(':used:')
  expect(await ledger.useOnce('link', new Date())).toBe(true)
  await lost
  expect(await other.useOnce('link', new Date())).toBe(false)
  expect(await other.verify()).toMatchObject({ ok: true, entries: 4 })
})

test('who waits is told of what another noted long before the next look, also after Redis was away', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using ledgers = openLedgers(server.url)
  const [here, there] = [await ledgers.open(), await ledgers.open()]
  const delays: number[] = []
  for (let seq = 0; seq < 20; seq += 1) {
    if (seq === 10) {
      await server.kill()
      await server.restart()
      await eventually('it is back', async () => (await codeOf(there.ping(AbortSignal.timeout(1_000)))) === 'no error')
    }
    const waiting = here.waitBeyond(seq, AbortSignal.timeout(10_000))
    const since = performance.now()
    await Promise.all([there.note(sampleNote()), waiting])
    delays.push(performance.now() - since)
  }
  // The next look is half a second away, on average.
  expect(delays.toSorted((a, b) => a - b)[10]).toBeLessThan(100)
})

interface Writer {
  id: string
  acknowledged: string[]
  run(): Promise<void>
  stop(): void
}

/** Changes an approval of its own over and over, with a note each time; what is not acknowledged it tries again. */
function createWriter(ledger: ApprovalLedger, name: string): Writer {
  const acknowledged: string[] = []
  const made = sampleApproval()
  let stopped = false

  async function run(): Promise<void> {
    let approval = made
    for (let count = 0; !stopped; count += 1) {
      const subject = `${name}.${count}`
      const also = { notes: [sampleNote({ subject })], deliveries: [] }
      const before = approval
      approval = await untilDone(() => (count === 0 ? ledger.open(before, also) : ledger.change(before, before.version, also)))
      acknowledged.push(subject)
    }
  }

  return { id: made.id, acknowledged, run, stop: () => (stopped = true) }
}

/** Tries again what could not be done because the ledger was away. */
async function untilDone<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if ((error as AppError).code !== 'unavailable') throw error
      await pause(20)
    }
  }
}

async function timed(call: () => Promise<unknown>): Promise<{ error: unknown; took: number }> {
  const since = performance.now()
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, took: performance.now() - since }
}

/** Ledgers with connections of their own, on one server. */
function openLedgers(url: string): { open(): Promise<ApprovalLedger> } & AsyncDisposable {
  const ledgers: ApprovalLedger[] = []
  return {
    async open() {
      const ledger = await openLedgerOnRedis({ url, prefix: 'test' })
      ledgers.push(ledger)
      return ledger
    },
    async [Symbol.asyncDispose]() {
      for (const ledger of ledgers) await ledger.close()
    },
  }
}
