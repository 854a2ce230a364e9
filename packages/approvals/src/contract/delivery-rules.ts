import type { Delivery } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { codeOf, idsOf, type Ledgers } from './ledgers.ts'
import { at, sampleDelivery, taken } from './sample-approval.ts'

export function deliveryRules(ledgers: Ledgers): void {
  describe('messages', () => {
    test('a message is claimed when its time has come, the longest due first, and by nobody else meanwhile', async () => {
      const [here, there] = await ledgers.two()
      const second = await send(here, 2)
      const first = await send(there, 1)
      const later = await send(here, 30)
      expect(await here.claim(new Date(at(0)), 10, 60_000)).toEqual([])
      expect(await here.claim(new Date(at(5)), 1, 60_000)).toEqual([first])
      expect(await there.claim(new Date(at(5)), 10, 60_000)).toEqual([second])
      expect(await here.claim(new Date(at(5)), 10, 60_000)).toEqual([])
      // The lease of whoever took it and vanished is over.
      expect(idsOf(await there.claim(new Date(at(6)), 10, 60_000)).toSorted()).toEqual(idsOf([first, second]).toSorted())
      expect(idsOf(await there.claim(new Date(at(31)), 1, 60_000))).not.toEqual([later.id])
    })

    test('many that claim at once never get the same message', async () => {
      const [here, there] = await ledgers.two()
      const sent: string[] = []
      for (let count = 0; count < 40; count += 1) sent.push((await send(here, 0)).id)
      const claims = await Promise.all(Array.from({ length: 16 }, (_, index) => (index % 2 ? here : there).claim(new Date(at(1)), 3, 60_000)))
      const got = claims.flatMap(idsOf)
      expect(got.toSorted()).toEqual(sent.toSorted())
    })

    test('one that was taken is not tried again; one that was not is, when it says', async () => {
      const ledger = await ledgers.one()
      const [first, second, third] = [await send(ledger, 1), await send(ledger, 1), await send(ledger, 1)]
      await ledger.claim(new Date(at(1)), 10, 600_000)
      await ledger.settle(taken(first))
      await ledger.settle({ ...second, attempts: 1, status: 503, error: 'busy', next_at: at(3) })
      await ledger.settle({ ...third, state: 'failed', attempts: 9, error: 'gone', next_at: null, finished_at: at(1) })
      expect(await ledger.claim(new Date(at(2)), 10, 60_000)).toEqual([])
      expect(await ledger.claim(new Date(at(3)), 10, 60_000)).toMatchObject([{ id: second.id, attempts: 1, status: 503, error: 'busy' }])
      const { deliveries } = await ledger.deliveries({ limit: 10 })
      expect(Object.fromEntries(deliveries.map(({ id, state }) => [id, state]))).toEqual({
        [first.id]: 'delivered',
        [second.id]: 'waiting',
        [third.id]: 'failed',
      })
      expect(await codeOf(ledger.settle({ ...first, id: 'dlv_none' }))).toBe('not_found')
    })

    test('what is finished stays finished, and who was too slow does not take a message from the next', async () => {
      const [slow, quick] = await ledgers.two()
      const message = await send(slow, 0)
      await slow.claim(new Date(at(0)), 10, 60_000)
      await quick.claim(new Date(at(2)), 10, 60_000)
      await slow.settle({ ...message, attempts: 1, error: 'slow', next_at: at(0) })
      expect(await slow.claim(new Date(at(2)), 10, 60_000)).toEqual([])
      // That it was delivered is true whoever says it.
      await slow.settle(taken(message))
      await quick.settle({ ...message, attempts: 1, error: 'quick', next_at: at(0) })
      await quick.settle({ ...message, state: 'failed', attempts: 1, error: 'quick', next_at: null, finished_at: at(3) })
      expect((await quick.deliveries({ limit: 1 })).deliveries).toMatchObject([{ state: 'delivered', error: null }])
      expect(await quick.claim(new Date(at(60)), 10, 60_000)).toEqual([])
    })

    test('the same message is entered once', async () => {
      const [here, there] = await ledgers.two()
      const message = sampleDelivery({ created_at: at(0) })
      const sent = await here.send(message)
      await here.claim(new Date(at(0)), 1, 60_000)
      await here.settle(taken(sent))
      expect(await there.send(message)).toMatchObject({ id: message.id, state: 'delivered' })
      expect((await here.deliveries({ limit: 10 })).deliveries).toHaveLength(1)
      expect(await here.claim(new Date(at(5)), 10, 60_000)).toEqual([])
    })

    test('pages are newest first, of a channel and of an approval, and stay right while messages come', async () => {
      const ledger = await ledgers.one()
      const sent: Delivery[] = []
      for (let count = 0; count < 7; count += 1) {
        sent.unshift(await ledger.send(sampleDelivery({ created_at: at(count), channel: count % 2 ? 'mail' : 'ops', approval_id: count < 4 ? 'apr_1' : null })))
      }
      expect(await pages(ledger, { limit: 3 })).toEqual(idsOf(sent))
      expect(await pages(ledger, { limit: 1, channel: 'mail' })).toEqual(idsOf(sent.filter(({ channel }) => channel === 'mail')))
      expect(await pages(ledger, { limit: 3, approval_id: 'apr_1' })).toEqual(idsOf(sent.slice(3)))
      expect(await pages(ledger, { limit: 1, channel: 'ops', approval_id: 'apr_1' })).toEqual(idsOf([sent[4]!, sent[6]!]))
      expect(await pages(ledger, { limit: 1, channel: 'none' })).toEqual([])
    })

    test('the last message to each channel is known', async () => {
      const ledger = await ledgers.one()
      for (const [channel, minute] of [
        ['ops', 1],
        ['ops', 3],
        ['mail', 2],
        ['ops', 2],
      ] as const) {
        await ledger.send(sampleDelivery({ channel, created_at: at(minute) }))
      }
      const last = await ledger.lastDeliveries(['ops', 'mail', 'none'])
      expect([...last].map(([channel, delivery]) => [channel, delivery.created_at])).toEqual([
        ['ops', at(3)],
        ['mail', at(2)],
      ])
    })
  })
}

function send(ledger: ApprovalLedger, minute: number): Promise<Delivery> {
  return ledger.send(sampleDelivery({ created_at: at(minute) }))
}

async function pages(ledger: ApprovalLedger, wanted: Parameters<ApprovalLedger['deliveries']>[0]): Promise<string[]> {
  const seen: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await ledger.deliveries({ ...wanted, ...(cursor !== undefined && { cursor }) })
    seen.push(...idsOf(page.deliveries))
    if (page.nextCursor === undefined) return seen
    cursor = page.nextCursor
    await ledger.send(sampleDelivery({ channel: 'elsewhere', created_at: at(90) }))
  }
}
