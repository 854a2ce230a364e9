import { describe, expect, test } from 'vitest'

import { idsOf, wholeAudit, type Ledgers } from './ledgers.ts'
import { also, at, decided, NOTHING_ELSE, query, sampleApproval, sampleDelivery, taken } from './sample-approval.ts'

export function keepRules(ledgers: Ledgers): void {
  describe('keeping and forgetting', () => {
    test('a link is used up by the first, of however many that try at once', async () => {
      const [here, there] = await ledgers.two()
      const tomorrow = new Date(Date.now() + 86_400_000)
      const tries = await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 ? here : there).useOnce('a', tomorrow)))
      expect(tries.filter(Boolean)).toHaveLength(1)
      expect(await there.useOnce('a', tomorrow)).toBe(false)
      expect(await there.useOnce('b', tomorrow)).toBe(true)
    })

    test('one that has just run out elsewhere is still used up here', async () => {
      const ledger = await ledgers.one()
      const justNow = new Date(Date.now() - 1_000)
      expect(await ledger.useOnce('a', justNow)).toBe(true)
      expect(await ledger.useOnce('a', justNow)).toBe(false)
      await ledger.sweep(new Date())
      expect(await ledger.useOnce('a', justNow)).toBe(false)
    })

    test('what was over for long is swept; what waits, what is untold and the audit stay', async () => {
      const ledger = await ledgers.one()
      const old = await ledger.open(sampleApproval({ created_at: at(0) }), NOTHING_ELSE)
      const untold = await ledger.open(sampleApproval({ created_at: at(0) }), NOTHING_ELSE)
      const recent = await ledger.open(sampleApproval({ created_at: at(0) }), NOTHING_ELSE)
      const waiting = await ledger.open(sampleApproval({ created_at: at(0) }), NOTHING_ELSE)
      await ledger.change(decided(old, 'bob', { decided_at: at(1) }), 1, also(old, 'approval.decided'))
      await ledger.change(decided(untold, 'bob', { decided_at: at(1) }), 1, { ...NOTHING_ELSE, undelivered: true })
      await ledger.change(decided(recent, 'bob', { decided_at: at(10) }), 1, NOTHING_ELSE)
      const sent = await ledger.send(sampleDelivery({ created_at: at(0), channel: 'ops' }))
      const unsent = await ledger.send(sampleDelivery({ created_at: at(0), channel: 'ops' }))
      await ledger.settle({ ...taken(sent), finished_at: at(1) })

      expect(await ledger.sweep(new Date(at(5)))).toEqual({ removed: 2 })
      expect(await ledger.sweep(new Date(at(5)))).toEqual({ removed: 0 })
      expect(await ledger.get(old.id)).toBeUndefined()
      const left = await ledger.list(query({ status: 'all' }))
      expect(idsOf(left.approvals).toSorted()).toEqual(idsOf([untold, recent, waiting]).toSorted())
      expect(left).toMatchObject({ total: 3, pending: 1 })
      expect(await ledger.list(query({ status: 'all', session_id: old.session_id }))).toMatchObject({ total: 0 })
      expect(await ledger.list(query({ status: 'history', requestedBy: 'alice' }))).toMatchObject({ total: 2 })
      expect(idsOf((await ledger.deliveries({ limit: 10, channel: 'ops' })).deliveries)).toEqual([unsent.id])
      expect(idsOf([...(await ledger.lastDeliveries(['ops'])).values()])).toEqual([unsent.id])
      expect(await wholeAudit(ledger)).toHaveLength(1)
      expect((await ledger.verify()).ok).toBe(true)

      await ledger.delivered(untold.id)
      expect(await ledger.sweep(new Date(at(5)))).toEqual({ removed: 1 })
    })

    test('many are swept, too', async () => {
      const ledger = await ledgers.one()
      for (let count = 0; count < 250; count += 1) {
        const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
        await ledger.change(decided(opened, 'bob', { decided_at: at(count % 2) }), 1, NOTHING_ELSE)
      }
      expect(await ledger.sweep(new Date(at(1)))).toEqual({ removed: 125 })
      expect((await ledger.list(query({ status: 'history' }))).total).toBe(125)
    })

    test('it is there, and says so', async () => {
      const ledger = await ledgers.one()
      await ledger.ping(AbortSignal.timeout(1_000))
      await expect(ledger.ping(AbortSignal.abort(new Error('no time')))).rejects.toThrow('no time')
      await ledger.close()
      await expect(ledger.ping(AbortSignal.timeout(1_000))).rejects.toMatchObject({
        code: 'unavailable',
        retryable: false,
        message: 'The approval ledger is closed.',
      })
    })
  })
}
