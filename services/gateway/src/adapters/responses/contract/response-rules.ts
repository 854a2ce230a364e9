import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { NewResponse, ResponseStore } from '../../../core/responses/response-store.ts'

/** An empty place for responses, on which several may open a store that keeps three of each owner's, and a thousand bytes. */
export interface Place {
  open(now?: () => number): Promise<ResponseStore>
  dispose(): Promise<void>
}

export const KEPT = 3
export const KEPT_BYTES = 1_000

/** What every response store keeps to. */
export function describeResponseStore(name: string, openPlace: () => Promise<Place>): void {
  describe(name, () => {
    let place: Place
    let store: ResponseStore
    let other: ResponseStore

    beforeEach(async () => {
      place = await openPlace()
      store = await place.open()
      other = await place.open()
    })

    afterEach(async () => {
      await Promise.all([store.close(), other.close()])
      await place.dispose()
    })

    test('what was added is found by everybody on the same place', async () => {
      const entry = entryOf('resp_1', { json: '{"text":"ä \\u0000 😀"}' })
      await store.add(entry)
      expect(await other.find('ann', 'resp_1')).toEqual({ ...entry, version: 1 })
      expect(await other.find('ann', 'resp_2')).toBeUndefined()
    })

    test('a response is its owner’s alone, and two owners may have one of the same id', async () => {
      await store.add(entryOf('resp_1'))
      expect(await store.find('bob', 'resp_1')).toBeUndefined()
      expect(await store.remove('bob', 'resp_1')).toBe(false)
      await store.add(entryOf('resp_1', { owner: 'bob', json: '"bobs"' }))
      expect(await store.find('ann', 'resp_1')).toMatchObject({ owner: 'ann', json: '{}' })
      expect(await store.find('bob', 'resp_1')).toMatchObject({ owner: 'bob', json: '"bobs"' })
    })

    test('an id is added once, however many try at once', async () => {
      const tries = await Promise.allSettled(
        Array.from({ length: 6 }, (_, index) => (index % 2 ? store : other).add(entryOf('resp_1', { json: String(index) }))),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      await expect(store.add(entryOf('resp_1'))).rejects.toMatchObject({ code: 'conflict' })
    })

    test('a change is made by who has seen the response as it is', async () => {
      await store.add(entryOf('resp_1', { open: true }))
      expect(await other.change(entryOf('resp_1', { json: '"over"' }), 1)).toBe(true)
      expect(await store.find('ann', 'resp_1')).toMatchObject({ version: 2, json: '"over"', open: false })
      expect(await store.change(entryOf('resp_1', { json: '"late"' }), 1)).toBe(false)
      expect(await store.find('ann', 'resp_1')).toMatchObject({ version: 2, json: '"over"' })
    })

    test('of two who change at once, one is too late', async () => {
      await store.add(entryOf('resp_1'))
      const tries = await Promise.all([store.change(entryOf('resp_1', { json: '1' }), 1), other.change(entryOf('resp_1', { json: '2' }), 1)])
      expect(tries.toSorted()).toEqual([false, true])
    })

    test('what was removed is gone, and a change does not bring it back', async () => {
      await store.add(entryOf('resp_1', { open: true }))
      expect(await other.remove('ann', 'resp_1')).toBe(true)
      expect(await store.remove('ann', 'resp_1')).toBe(false)
      expect(await store.change(entryOf('resp_1'), 1)).toBe(false)
      expect(await store.find('ann', 'resp_1')).toBeUndefined()
      expect(await store.listOpen(10)).toEqual([])
    })

    test('those that are not over are listed, everybody’s, the oldest first', async () => {
      const now = Date.now()
      await store.add(entryOf('resp_2', { open: true, createdAt: now + 1 }))
      await store.add(entryOf('resp_1', { open: true, owner: 'bob', createdAt: now }))
      await store.add(entryOf('resp_3', { createdAt: now - 1 }))
      expect((await other.listOpen(10)).map(({ id }) => id)).toEqual(['resp_1', 'resp_2'])
      expect((await other.listOpen(1)).map(({ id }) => id)).toEqual(['resp_1'])
      await store.change(entryOf('resp_1', { owner: 'bob' }), 1)
      expect((await other.listOpen(10)).map(({ id }) => id)).toEqual(['resp_2'])
    })

    test('after its time a response is not there any more, and its id is free', async () => {
      const later = await place.open(() => Date.now() + 60_000)
      await store.add(entryOf('resp_1', { endsAt: Date.now() + 30_000, open: true }))
      expect(await later.find('ann', 'resp_1')).toBeUndefined()
      expect(await later.listOpen(10)).toEqual([])
      await later.sweep(Date.now() + 60_000)
      await later.close()
    })

    test('of one owner no more than so many are kept, and the oldest go first', async () => {
      const now = Date.now()
      await store.add(entryOf('resp_b', { owner: 'bob' }))
      for (let index = 0; index <= KEPT; index++) await store.add(entryOf(`resp_${index}`, { createdAt: now + index }))
      expect(await store.find('ann', 'resp_0')).toBeUndefined()
      for (let index = 1; index <= KEPT; index++) expect(await store.find('ann', `resp_${index}`)).toBeDefined()
      expect(await store.find('bob', 'resp_b')).toBeDefined()
    })

    test('of one owner no more bytes are kept than so many, and the oldest go first', async () => {
      const now = Date.now()
      await store.add(entryOf('resp_b', { owner: 'bob', json: jsonOf(900) }))
      await store.add(entryOf('resp_0', { createdAt: now, json: jsonOf(500) }))
      await other.add(entryOf('resp_1', { createdAt: now + 1, json: jsonOf(500) }))
      expect(await store.find('ann', 'resp_0')).toBeDefined()
      await store.add(entryOf('resp_2', { createdAt: now + 2, json: jsonOf(100) }))
      expect(await store.find('ann', 'resp_0')).toBeUndefined()
      expect(await store.find('ann', 'resp_1')).toBeDefined()
      expect(await store.find('bob', 'resp_b')).toBeDefined()
      // What was removed, or became smaller, weighs no more.
      await other.remove('ann', 'resp_1')
      await store.add(entryOf('resp_3', { createdAt: now + 3, json: jsonOf(850) }))
      await store.change(entryOf('resp_3', { createdAt: now + 3, json: jsonOf(200) }), 1)
      await store.add(entryOf('resp_4', { createdAt: now + 4, json: jsonOf(700) }))
      for (const id of ['resp_2', 'resp_3', 'resp_4']) expect(await store.find('ann', id)).toBeDefined()
    })

    test('bytes are counted as they are kept, and not as characters', async () => {
      const now = Date.now()
      await store.add(entryOf('resp_0', { createdAt: now, json: `"${'ü'.repeat(300)}"` }))
      await store.add(entryOf('resp_1', { createdAt: now + 1, json: `"${'ü'.repeat(300)}"` }))
      expect(await store.find('ann', 'resp_0')).toBeUndefined()
    })

    test('what grows makes room too, and what is being written stays, however old or large it is', async () => {
      const now = Date.now()
      await store.add(entryOf('resp_0', { createdAt: now, open: true }))
      await store.add(entryOf('resp_1', { createdAt: now + 1 }))
      await other.change(entryOf('resp_0', { createdAt: now, json: jsonOf(5_000) }), 1)
      expect(await store.find('ann', 'resp_1')).toBeUndefined()
      expect(await store.find('ann', 'resp_0')).toMatchObject({ version: 2 })
      await store.add(entryOf('resp_2', { createdAt: now + 2 }))
      expect(await store.find('ann', 'resp_0')).toBeUndefined()
    })

    test('those that are not over never go, however many or large they are', async () => {
      const now = Date.now()
      for (let index = 0; index <= KEPT; index++) await store.add(entryOf(`resp_${index}`, { createdAt: now + index, open: true, json: jsonOf(800) }))
      await store.add(entryOf('resp_over', { createdAt: now + 10, json: jsonOf(800) }))
      for (let index = 0; index <= KEPT; index++) expect(await store.find('ann', `resp_${index}`)).toMatchObject({ open: true })
      await store.add(entryOf('resp_last', { createdAt: now + 11 }))
      expect(await store.find('ann', 'resp_over')).toBeUndefined()
      expect(await store.listOpen(10)).toHaveLength(KEPT + 1)
    })

    test('what has ended weighs nothing any more', async () => {
      const now = Date.now()
      await store.add(entryOf('resp_0', { createdAt: now, endsAt: now + 1, json: jsonOf(900) }))
      const later = await place.open(() => now + 10_000)
      await later.sweep(now + 10_000)
      await later.add(entryOf('resp_1', { createdAt: now, json: jsonOf(500) }))
      await later.add(entryOf('resp_2', { createdAt: now + 1, json: jsonOf(500) }))
      expect(await later.find('ann', 'resp_1')).toBeDefined()
      await later.close()
    })

    test('it is known whose the names are that lead to responses, for as long as those are there', async () => {
      await store.add(entryOf('resp_1', { names: ['resp_1', 'msg_1'] }))
      await store.change(entryOf('resp_1', { names: ['resp_1', 'msg_1', 'rs_1'] }), 1)
      await store.change(entryOf('resp_1'), 2)
      await other.add(entryOf('resp_2', { owner: 'bob', names: ['msg_1', 'msg_2'] }))
      const names = ['resp_1', 'msg_1', 'rs_1', 'msg_2', 'msg_nobodys']
      expect(await store.findForeign('ann', names)).toEqual(['msg_2'])
      expect(await store.findForeign('bob', names)).toEqual(['resp_1', 'rs_1'])
      expect(await store.findForeign('eve', names)).toEqual(['resp_1', 'msg_1', 'rs_1', 'msg_2'])
      await store.remove('ann', 'resp_1')
      expect(await store.findForeign('eve', names)).toEqual(['msg_1', 'msg_2'])
      expect(await store.findForeign('bob', [])).toEqual([])
    })

    test('names that lead to what had to go lead nowhere', async () => {
      const now = Date.now()
      for (let index = 0; index <= KEPT; index++) await store.add(entryOf(`resp_${index}`, { createdAt: now + index, names: [`msg_${index}`] }))
      expect(await store.findForeign('bob', ['msg_0', 'msg_1'])).toEqual(['msg_1'])
    })

    test('a store that is closed says so', async () => {
      const closing = await place.open()
      await closing.close()
      await expect(closing.find('ann', 'resp_1')).rejects.toMatchObject({ code: 'unavailable' })
    })
  })
}

export function entryOf(id: string, more: Partial<NewResponse> = {}): NewResponse {
  const createdAt = Date.now()
  return { id, owner: 'ann', createdAt, endsAt: createdAt + 3_600_000, open: false, json: '{}', ...more }
}

function jsonOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`
}
