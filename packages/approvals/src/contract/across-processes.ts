import { afterEach, describe, expect, test } from 'vitest'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { codeOf, idsOf, upTo, wholeAudit, type LedgerPlace } from './ledgers.ts'
import { openLedgerProcess, type LedgerElsewhere, type LedgerProcess } from './open-ledger-process.ts'
import { also, at, decided, NOTHING_ELSE, query, sampleApproval, sampleDelivery, sampleNote } from './sample-approval.ts'

export type { LedgerElsewhere } from './open-ledger-process.ts'

/** Makes an empty place for this process (`open`) and for others (`elsewhere`). */
export type OpenLedgerElsewhere = () => Promise<LedgerPlace & { elsewhere: LedgerElsewhere }>

/** What an approval ledger does when more than one process works on it. */
export function describeApprovalLedgerAcrossProcesses(name: string, openLedger: OpenLedgerElsewhere): void {
  describe(name, () => {
    const closings: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const close of closings.splice(0).toReversed()) await close()
    })

    async function ledgerAndTwoProcesses(): Promise<{ ledger: ApprovalLedger; processes: [LedgerProcess, LedgerProcess] }> {
      const { open, elsewhere, dispose } = await openLedger()
      closings.push(dispose)
      const ledger = await open()
      const processes: [LedgerProcess, LedgerProcess] = [openLedgerProcess(elsewhere), openLedgerProcess(elsewhere)]
      closings.push(() => ledger.close(), ...processes.map((other) => () => other.close()))
      return { ledger, processes }
    }

    test('of what several processes note at once all is there, once, without gaps', { timeout: 60_000 }, async () => {
      const { ledger, processes } = await ledgerAndTwoProcesses()
      const acknowledged: string[] = []
      const own = Promise.all(
        upTo(18).map(async (writer) => {
          for (let count = 0; count < 5; count += 1) {
            await ledger.note(sampleNote({ subject: `here${writer}.${count}` }))
            acknowledged.push(`here${writer}.${count}`)
          }
        }),
      )
      await Promise.all([own, ...processes.map((other, index) => other.writeOften(`there${index}`, 60, (subject) => acknowledged.push(subject)))])

      const entries = await wholeAudit(ledger)
      expect(acknowledged).toHaveLength(210)
      expect(entries.map(({ seq }) => seq)).toEqual(upTo(210))
      expect(entries.map(({ subject }) => subject).toSorted()).toEqual(acknowledged.toSorted())
      expect(await processes[0].call('verify')).toEqual(await ledger.verify())
      expect(await ledger.verify()).toMatchObject({ ok: true, entries: 210 })
      expect((await ledger.list(query())).total).toBe(40)
    })

    test('of a process that is killed, everything acknowledged is there and nothing by halves, and others go on', { timeout: 60_000 }, async () => {
      const { ledger, processes } = await ledgerAndTwoProcesses()
      const [doomed, survivor] = processes
      const acknowledged: string[] = []
      const killed = Promise.withResolvers<void>()
      const end = doomed.writeOften('doomed', 1_000_000, (subject) => {
        acknowledged.push(subject)
        if (acknowledged.length === 50) killed.resolve(doomed.kill())
      })
      await expect(end).rejects.toThrow('gone')
      await killed.promise
      await survivor.writeOften('survivor', 9, (subject) => acknowledged.push(subject))

      const subjects = (await wholeAudit(ledger)).map(({ subject }) => subject)
      expect(subjects).toEqual(expect.arrayContaining(acknowledged))
      expect(new Set(subjects).size).toBe(subjects.length)
      expect(await ledger.verify()).toMatchObject({ ok: true, entries: subjects.length })
      // Each approval has its note, and each of those notes its approval.
      const { approvals } = await ledger.list(query({ limit: 100 }))
      expect(idsOf(approvals).toSorted()).toEqual(subjects.filter((subject) => Number(subject.split('.')[1]) % 3 === 0).toSorted())
    })

    test('of processes that decide at once one is heard', { timeout: 60_000 }, async () => {
      const { ledger, processes } = await ledgerAndTwoProcesses()
      for (let round = 0; round < 20; round += 1) {
        const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
        const decide = (name: string): Parameters<ApprovalLedger['change']> => [decided(opened, name), 1, also(opened, 'approval.decided')]
        const codes = await Promise.all([
          ...processes.map((other, index) => codeOf(other.call('change', ...decide(`there${index}`)))),
          codeOf(ledger.change(...decide('here'))),
        ])
        expect(codes.toSorted()).toEqual(['conflict', 'conflict', 'no error'])
      }
      expect(await wholeAudit(ledger)).toHaveLength(20)
    })

    test('processes that claim at once never send the same message', { timeout: 60_000 }, async () => {
      const { ledger, processes } = await ledgerAndTwoProcesses()
      const sent: string[] = []
      for (let count = 0; count < 60; count += 1) sent.push((await ledger.send(sampleDelivery({ created_at: at(0) }))).id)
      const claimAll = async (other: LedgerProcess): Promise<string[]> => {
        const got: string[] = []
        for (;;) {
          const claimed = await other.call('claim', new Date(at(1)), 2, 60_000)
          if (claimed.length === 0) return got
          got.push(...idsOf(claimed))
        }
      }
      const got = (await Promise.all(processes.map(claimAll))).flat()
      expect(got.toSorted()).toEqual(sent.toSorted())
    })

    test('who waits hears within a second what another process noted', { timeout: 60_000 }, async () => {
      const { ledger, processes } = await ledgerAndTwoProcesses()
      await processes[0].call('head')
      for (let seq = 0; seq < 5; seq += 1) {
        const waiting = ledger.waitBeyond(seq, AbortSignal.timeout(10_000)).then(() => performance.now())
        await processes[0].call('note', sampleNote())
        const noted = performance.now()
        expect((await waiting) - noted).toBeLessThan(1_000)
        expect(await ledger.head()).toBe(seq + 1)
      }
    })
  })
}
