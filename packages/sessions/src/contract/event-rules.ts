import { describe, expect, test } from 'vitest'

import { CREATED, progress, sampleSession } from './sample-session.ts'
import { acquired, seqsOf, upTo, type Stores } from './stores.ts'

export function eventRules(stores: Stores): void {
  describe('the events', () => {
    test('they are numbered from 1 without gaps, whoever adds them, and the document knows the last', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [CREATED, progress('0')])
      const { id } = created.document
      const lease = await acquired(store, id)
      expect(seqsOf(await store.append(lease, [progress('a'), progress('b')]))).toEqual([3, 4])
      expect((await store.load(id))?.document.last_seq).toBe(4)

      const saved = await store.save(lease, { ...created, events: [progress('c')] })
      expect(saved.document.last_seq).toBe(5)
      expect(await store.append(lease, [])).toEqual([])
      expect(await store.load(id)).toEqual(saved)
      expect(await store.events(id, 0, 10)).toEqual(
        [CREATED, progress('0'), progress('a'), progress('b'), progress('c')].map((event, index) => ({ ...event, seq: index + 1 })),
      )
    })

    test('they are read in their order, after the one that is named, and no more than are asked for', async () => {
      const store = await stores.one()
      const { document } = await store.create(
        sampleSession(),
        Array.from({ length: 12 }, (_, index) => progress(`${index}`)),
      )
      expect(seqsOf(await store.events(document.id, 0, 100))).toEqual(upTo(12))
      expect(seqsOf(await store.events(document.id, 8, 3))).toEqual([9, 10, 11])
      expect(seqsOf(await store.events(document.id, 11, 3))).toEqual([12])
      expect(await store.events(document.id, 12, 3)).toEqual([])
    })

    test('the events of one session are not those of another', async () => {
      const store = await stores.one()
      const { document } = await store.create(sampleSession(), [CREATED])
      await store.create(sampleSession(), [progress('of another')])
      expect(await store.events(document.id, 0, 10)).toEqual([{ ...CREATED, seq: 1 }])
    })
  })
}
