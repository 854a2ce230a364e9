import { join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { openSqliteResponseStore } from '../../adapters/responses/sqlite-response-store.ts'
import type { ResponseStore } from '../../core/responses/response-store.ts'
import { createKeptConversations, withItems, type KeptConversations } from './kept-conversations.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let store: ResponseStore
let conversations: KeptConversations

beforeEach(async () => {
  folder = await temporaryFolder()
  store = openSqliteResponseStore({ path: join(folder.path, 'responses.db'), mostPerOwner: 2 })
  conversations = createKeptConversations({ store: async () => store, retentionMs: 60_000 })
})
afterEach(async () => {
  await store.close()
  await folder[Symbol.asyncDispose]()
})

const items = (count: number, of = 'msg') => Array.from({ length: count }, (_, index) => ({ type: 'message', id: `${of}_${index}` }))

test('a conversation is full before it can take no more, so that a turn that has begun still fits', async () => {
  const { id } = await conversations.create('ann', { metadata: {}, items: items(9_800) })
  expect(await conversations.find('ann', id)).toMatchObject({ isFull: false })
  await conversations.change('ann', id, (conversation) => withItems(conversation, items(150, 'more')))
  expect(await conversations.find('ann', id)).toMatchObject({ isFull: true })
  const adding = conversations.change('ann', id, (conversation) => withItems(conversation, items(100, 'most')))
  await expect(adding).rejects.toMatchObject({ code: 'payload_too_large' })
})

test('what is added twice is there once', async () => {
  const { id } = await conversations.create('ann', { metadata: {}, items: items(1) })
  for (let times = 0; times < 2; times++) await conversations.change('ann', id, (conversation) => withItems(conversation, items(3), 'resp_1'))
  expect(await conversations.find('ann', id)).toMatchObject({ items: items(3), last: 'resp_1' })
})

test('many who change one at once all do', async () => {
  const { id } = await conversations.create('ann', { metadata: {}, items: [] })
  const others = createKeptConversations({ store: async () => store, retentionMs: 60_000 })
  const changes = Array.from({ length: 30 }, (_, index) =>
    (index % 2 ? conversations : others).change('ann', id, (conversation) => withItems(conversation, items(1, `of${index}`))),
  )
  await Promise.all(changes)
  expect((await conversations.find('ann', id))?.items).toHaveLength(30)
})

test('one that is used is not the oldest', async () => {
  const used = await conversations.create('ann', { metadata: {}, items: [] })
  const idle = await conversations.create('ann', { metadata: {}, items: [] })
  // Ages are whole milliseconds.
  const begun = Date.now()
  while (Date.now() === begun) await Promise.resolve()
  await conversations.change('ann', used.id, (conversation) => ({ ...conversation, metadata: { seen: 'yes' } }))
  await conversations.create('ann', { metadata: {}, items: [] })
  expect(await conversations.find('ann', used.id)).toBeDefined()
  expect(await conversations.find('ann', idle.id)).toBeUndefined()
})

test('what is no conversation is not found, changed or removed as one', async () => {
  await store.add({ id: 'resp_1', owner: 'ann', createdAt: 1, endsAt: Date.now() + 60_000, open: false, json: '{}' })
  expect(await conversations.find('ann', 'resp_1')).toBeUndefined()
  expect(await conversations.change('ann', 'resp_1', (conversation) => conversation)).toBeUndefined()
  expect(await conversations.remove('ann', 'resp_1')).toBe(false)
  expect(await store.find('ann', 'resp_1')).toBeDefined()
})
