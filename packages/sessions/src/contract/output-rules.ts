import type { NodeState, SessionDocument } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import type { StoredSession } from '../session-store.ts'
import { nodeThatMade, sampleSession } from './sample-session.ts'
import { acquired, type Stores } from './stores.ts'

const LARGE = 100_000

export function outputRules(stores: Stores): void {
  describe('large outputs', () => {
    test('who loads or lists a session gets them whole, in every process', async () => {
      const [here, there] = await stores.two()
      const created = await here.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(here, id)
      const nodes: Record<string, NodeState> = {
        'small': nodeThatMade(10),
        'large': { ...nodeThatMade(0), output: { text: 'ä漢😀'.repeat(LARGE), data: [{ rows: ['x'.repeat(LARGE)] }] } },
        'large.0': { ...nodeThatMade(LARGE), branch: { of: 'large', role: 'item', index: 0, agent: 'rag', item: 'y'.repeat(LARGE) } },
        'large.1': { ...nodeThatMade(LARGE, 'z'), branch: { of: 'large', role: 'item', index: 1, agent: 'rag', item: { text: 'z'.repeat(LARGE) } } },
      }
      const context = { notes: { value: ['n'.repeat(LARGE)], node: 'large', at: created.document.created_at } }
      const saved = await here.save(lease, { ...created, document: { ...created.document, nodes, context }, events: [] })
      expect(saved.document.nodes).toEqual(nodes)
      for (const store of [here, there]) {
        expect(await store.load(id)).toEqual(saved)
        expect((await store.list({ owner: 'alice', limit: 10 })).sessions).toEqual([saved.document])
      }
    })

    test('they stay through every save after, by whoever', async () => {
      const both = await stores.two()
      let stored: StoredSession = await both[0].create(sampleSession({ nodes: { n0: nodeThatMade(LARGE, '0') } }), [])
      const { id } = stored.document
      for (let round = 1; round <= 6; round += 1) {
        const store = both[round % 2] as (typeof both)[0]
        const lease = await acquired(store, id)
        const nodes = { ...stored.document.nodes, [`n${round}`]: nodeThatMade(LARGE, `${round}`) }
        stored = await store.save(lease, { ...stored, document: { ...stored.document, nodes }, events: [] })
        // Another save, with nothing new, of what the first one answered.
        stored = await store.save(lease, { ...stored, events: [] })
        if (round % 3 === 0) stored = (await store.load(id)) as StoredSession
        await store.release(lease)
        expect(await both[1 - (round % 2)]?.load(id)).toEqual(stored)
      }
    })

    test('an output that is replaced or goes away is as it was saved last, and may come back', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const lease = await acquired(store, created.document.id)
      const first = nodeThatMade(LARGE, 'a')
      const second = nodeThatMade(LARGE, 'b')
      let { rev } = created
      for (const n1 of [first, second, nodeThatMade(1), first, { ...first, output: undefined }, second]) {
        const nodes = { n1 }
        ;({ rev } = await store.save(lease, { document: { ...created.document, nodes }, rev, events: [] }))
        expect((await store.load(created.document.id))?.document.nodes.n1?.output).toEqual(n1.output)
      }
    })

    test('a save that was refused leaves none behind, and they are there when it is made again', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(store, id)
      const document: SessionDocument = { ...created.document, nodes: { n1: nodeThatMade(LARGE) } }
      await expect(store.save(lease, { document, rev: 7, events: [] })).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.load(id)).toEqual(created)
      const saved = await store.save(lease, { document, rev: created.rev, events: [] })
      expect(await store.load(id)).toEqual(saved)
    })

    test('what one session made is kept with another that was given it, when the first is gone', async () => {
      const store = await stores.one()
      const first = await store.create(sampleSession({ nodes: { n1: nodeThatMade(LARGE) } }), [])
      const second = await store.create(sampleSession({ nodes: first.document.nodes }), [])
      const third = await store.create(sampleSession(), [])
      const saved = await store.save(await acquired(store, third.document.id), {
        ...third,
        document: { ...third.document, nodes: first.document.nodes },
        events: [],
      })
      await store.delete(first.document.id)
      expect(await store.load(second.document.id)).toEqual(second)
      expect(await store.load(third.document.id)).toEqual(saved)
    })

    test('a session parks with them', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const lease = await acquired(store, created.document.id)
      const document: SessionDocument = { ...created.document, status: 'waiting_approval', nodes: { n1: nodeThatMade(LARGE) } }
      expect(await store.park(lease, { ...created, document, events: [] })).toBe(true)
      expect((await store.load(created.document.id))?.document).toEqual(document)
    })
  })
}
