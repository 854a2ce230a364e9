import { setImmediate as breath } from 'node:timers/promises'

import { AUDIT_GENESIS, hashOf, type AuditEntry } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { verifyChain } from '../chain.ts'
import { codeOf, upTo, wholeAudit, type Ledgers } from './ledgers.ts'
import { also, decided, sampleApproval, sampleNote } from './sample-approval.ts'

export function auditRules(ledgers: Ledgers): void {
  describe('the audit', () => {
    test('notes become a chain that anybody can recompute', async () => {
      const [here, there] = await ledgers.two()
      const first = await here.note(sampleNote({ facts: { decision: 'approve', nested: [{ deep: null }] } }))
      const second = await there.note(sampleNote({ by: { id: 'user:bob', name: 'bob', via: 'api', from: 'f00' } }))
      expect(first).toMatchObject({ seq: 1, prev: AUDIT_GENESIS })
      expect(second).toMatchObject({ seq: 2, prev: first.hash })
      const { hash, ...rest } = second
      expect(hash).toBe(hashOf(rest))
      expect(await wholeAudit(here)).toEqual([first, second])
      expect(await here.head()).toBe(2)
      expect(await here.verify()).toEqual({ ok: true, entries: 2, head: hash, broken: null })
      expect(await verifyChain(await wholeAudit(there), hash)).toEqual(await there.verify())
    })

    test('an empty audit is whole', async () => {
      const ledger = await ledgers.one()
      expect(await ledger.head()).toBe(0)
      expect(await ledger.verify()).toEqual({ ok: true, entries: 0, head: AUDIT_GENESIS, broken: null })
      expect(await ledger.audit({ limit: 10 })).toEqual({ object: 'list', data: [], total: 0, next_cursor: null })
    })

    test('what twenty write at once is numbered without gaps, and all of it is there', { timeout: 60_000 }, async () => {
      const [here, there] = await ledgers.two()
      const writers = Array.from({ length: 20 }, async (_, writer) => {
        const ledger = writer % 2 ? here : there
        for (let round = 0; round < 5; round += 1) {
          const subject = `apr_${writer}_${round}`
          if (round % 2) await ledger.note(sampleNote({ subject }))
          else await ledger.open(sampleApproval({ id: subject }), { notes: [sampleNote({ subject }), sampleNote({ subject })], deliveries: [] })
        }
      })
      await Promise.all(writers)
      const entries = await wholeAudit(here)
      expect(entries.map(({ seq }) => seq)).toEqual(upTo(160))
      expect(new Set(entries.map(({ subject }) => subject)).size).toBe(100)
      expect(await there.verify()).toMatchObject({ ok: true, entries: 160 })
    })

    test('a note of something that cannot be written in UTF-8 is kept, and the chain stays whole', async () => {
      const ledger = await ledgers.one()
      await ledger.note(sampleNote({ facts: { 'a\uD800': 'half \uDFFF a pair \\ud800' } }))
      expect(await wholeAudit(ledger)).toMatchObject([{ facts: { 'a\uFFFD': 'half \uFFFD a pair \\ud800' } }])
      expect((await ledger.verify()).ok).toBe(true)
    })

    test('entries are read from behind any of them', async () => {
      const ledger = await withNotes(ledgers, 5)
      expect((await ledger.entries(2, 2)).map(({ seq }) => seq)).toEqual([3, 4])
      expect(await ledger.entries(5, 10)).toEqual([])
    })

    test('pages are newest first, by kind and by whom or what it is about, and stay right while more is noted', async () => {
      const ledger = await ledgers.one()
      const approval = sampleApproval()
      await ledger.open(approval, also(approval))
      for (let count = 0; count < 5; count += 1) await ledger.note(sampleNote({ subject: approval.id, session_id: approval.session_id }))
      await ledger.note(
        sampleNote({ kind: 'user.signed_in', subject: 'user:carol', session_id: null, by: { id: 'user:carol', name: 'carol', via: 'console' } }),
      )
      await ledger.change(decided(approval), 1, also(approval, 'approval.decided'))

      expect((await ledger.audit({ limit: 3 })).total).toBe(8)
      expect(await pages(ledger, { limit: 3 })).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
      expect(await pages(ledger, { limit: 2, about: 'user:carol' })).toEqual([7])
      expect(await pages(ledger, { limit: 3, about: approval.id })).toEqual([8, 6, 5, 4, 3, 2, 1])
      expect(await pages(ledger, { limit: 1, about: approval.session_id, kind: 'approval.viewed' })).toEqual([6, 5, 4, 3, 2])
      expect(await pages(ledger, { limit: 5, kind: 'approval.viewed', about: approval.id })).toEqual([6, 5, 4, 3, 2])
      expect(await ledger.audit({ limit: 5, kind: 'approval.viewed', about: approval.id })).toMatchObject({ total: 5 })
      expect(await ledger.audit({ limit: 5, kind: 'user.signed_in' })).toMatchObject({ total: 1, next_cursor: null })
      expect(await ledger.audit({ limit: 5, about: 'apr_none' })).toMatchObject({ data: [], total: 0 })
    })

    test('a change of an entry is found, whatever of it was changed', async () => {
      const { ledger, tamper } = await ledgers.tampered()
      await addNotes(ledger, 5)
      const original = await tamper.read(3)
      const entry = JSON.parse(original) as AuditEntry
      const changes: Partial<AuditEntry>[] = [
        { kind: 'approval.decided' },
        { by: { ...entry.by, name: 'mallory' } },
        { at: '2020-01-01T00:00:00.000Z' },
        { facts: { a: 1 } },
      ]
      for (const change of [...changes, { unheardOf: true }]) {
        await tamper.overwrite(3, JSON.stringify({ ...entry, ...change }))
        expect(await ledger.verify()).toMatchObject({
          ok: false,
          entries: 2,
          broken: { seq: 3, why: 'Entry 3 was changed: its hash is not that of what it says.' },
        })
      }
      await tamper.overwrite(3, '{"seq":3')
      expect(await ledger.verify()).toMatchObject({ ok: false, broken: { seq: 3, why: 'Entry 3 cannot be read.' } })
      // Somebody who can hash, too.
      await tamper.overwrite(3, sealed({ ...entry, facts: { a: 1 } }))
      expect(await ledger.verify()).toMatchObject({ ok: false, broken: { seq: 4, why: 'Entry 4 does not follow on entry 3 as it stands.' } })
      await tamper.overwrite(3, original)
      expect(await ledger.verify()).toMatchObject({ ok: true, entries: 5 })
    })

    test('a change of the last entry is found by its hash being kept apart', async () => {
      const { ledger, tamper } = await ledgers.tampered()
      await addNotes(ledger, 2)
      const entry = JSON.parse(await tamper.read(2)) as AuditEntry
      await tamper.overwrite(2, sealed({ ...entry, facts: { a: 1 } }))
      expect(await ledger.verify()).toMatchObject({ ok: false, broken: { seq: 2, why: 'Entry 2 is not the one that the chain ended with.' } })
    })

    test('an entry that was removed is missed, wherever it was', async () => {
      for (const [seq, why] of [
        [1, 'Entry 1 is missing.'],
        [3, 'Entry 3 is missing.'],
        [5, 'The end is missing: the last entry is 5, and what is there ends with 4.'],
      ] as const) {
        const { ledger, tamper } = await ledgers.tampered()
        await addNotes(ledger, 5)
        await tamper.remove(seq)
        expect(await ledger.verify()).toMatchObject({ ok: false, entries: seq - 1, broken: { seq, why } })
      }
    })

    test('the whole audit removed is missed', async () => {
      const { ledger, tamper } = await ledgers.tampered()
      await addNotes(ledger, 2)
      await tamper.remove(1)
      await tamper.remove(2)
      expect(await ledger.verify()).toMatchObject({ ok: false, broken: { seq: 1 } })
    })

    test('an entry that was put in is found', async () => {
      const { ledger, tamper } = await ledgers.tampered()
      await addNotes(ledger, 3)
      const last = JSON.parse(await tamper.read(3)) as AuditEntry
      await tamper.append(sealed({ ...last, seq: 4, prev: last.hash }))
      expect(await ledger.verify()).toMatchObject({ ok: false, broken: { seq: 4, why: 'Entry 4 was put behind the end.' } })
    })

    test('entries in another order are found', async () => {
      const { ledger, tamper } = await ledgers.tampered()
      await addNotes(ledger, 4)
      const [second, third] = [await tamper.read(2), await tamper.read(3)]
      await tamper.overwrite(2, third)
      await tamper.overwrite(3, second)
      expect(await ledger.verify()).toMatchObject({ ok: false, broken: { seq: 2, why: 'In the place of entry 2 stands one that calls itself 3.' } })
    })

    test('what is noted while the audit is verified does not break it', { timeout: 60_000 }, async () => {
      const [here, there] = await ledgers.two()
      await addNotes(here, 20)
      let done = false
      const writing = (async () => {
        for (; !done; await breath()) await there.note(sampleNote())
      })()
      for (let round = 0; round < 20; round += 1) expect(await here.verify()).toMatchObject({ ok: true, broken: null })
      done = true
      await writing
    })

    test('who waits is told of an entry that any process writes, and not before', async () => {
      const [here, there] = await ledgers.two()
      await here.note(sampleNote())
      await here.waitBeyond(0, AbortSignal.timeout(10_000))
      for (const writer of [here, there]) {
        const after = await here.head()
        let told = false
        const waiting = here.waitBeyond(after, AbortSignal.timeout(10_000)).then(() => (told = true))
        // Something else that is written is no news.
        await writer.send({ id: `dlv_${after}`, channel: 'ops', event: 'test', approval_id: null, created_at: new Date().toISOString() })
        await here.verify()
        expect(told).toBe(false)
        const since = performance.now()
        await writer.note(sampleNote())
        await waiting
        expect(performance.now() - since).toBeLessThan(1_000)
        expect(await here.head()).toBe(after + 1)
      }
    })

    test('a wait ends on its signal, and when the ledger is closed', async () => {
      const [here] = await ledgers.two()
      const abort = new AbortController()
      const waits = [here.waitBeyond(0, abort.signal), here.waitBeyond(0, AbortSignal.abort())]
      abort.abort()
      await Promise.all(waits)
      const last = here.waitBeyond(0, new AbortController().signal)
      await here.ping(AbortSignal.timeout(1_000))
      await here.close()
      await last
      expect(await codeOf(here.head())).toBe('unavailable')
    })
  })
}

async function withNotes(ledgers: Ledgers, count: number): Promise<ApprovalLedger> {
  const ledger = await ledgers.one()
  await addNotes(ledger, count)
  return ledger
}

async function addNotes(ledger: ApprovalLedger, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await ledger.note(sampleNote({ subject: `apr_${index}` }))
}

/** An entry with the hash of what it says, as a forger would make it. */
function sealed(entry: AuditEntry): string {
  const unsealed: Partial<AuditEntry> = { ...entry }
  delete unsealed.hash
  return JSON.stringify({ ...unsealed, hash: hashOf(unsealed) })
}

/** The numbers of all that is found, while an entry is noted between any two pages. */
async function pages(ledger: ApprovalLedger, wanted: Parameters<ApprovalLedger['audit']>[0]): Promise<number[]> {
  const seen: number[] = []
  for (let cursor: string | undefined; ;) {
    const page = await ledger.audit({ ...wanted, ...(cursor !== undefined && { cursor }) })
    seen.push(...page.data.map(({ seq }) => seq))
    if (page.next_cursor === null) break
    cursor = page.next_cursor
    await ledger.note(sampleNote({ kind: 'channel.tested', subject: 'ops', session_id: null, by: { id: 'user:dave', name: 'dave', via: 'console' } }))
  }
  return seen
}
