import { readResponsesRequest, toResponseObject } from '@signalbox/openai-wire/responses'
import { expect, test } from 'vitest'

import { openKept } from '../../fixtures/kept-responses.ts'
import type { KeptResponses } from './kept-responses.ts'
import type { FoundResponse } from './response-document.ts'
import { resolveConversation, type ResolvedConversation } from './resolve-conversation.ts'

const MEGABYTE = 1_024 * 1_024

test('a small request cannot have more read into memory than any model reads', async () => {
  await using chain = await openChain()
  let last: string | undefined
  for (let turn = 0; turn < 4; turn++) last = await chain.goOn(last, 7 * MEGABYTE)
  expect((await chain.resolve(last)).before).toHaveLength(4)

  last = await chain.goOn(last, 7 * MEGABYTE)
  await expect(chain.resolve(last)).rejects.toMatchObject({ code: 'invalid_request', param: 'previous_response_id' })
})

test('a response that many references lead into is read once, and each of its items is there once', async () => {
  await using chain = await openChain()
  const id = await chain.goOn(undefined, 4 * MEGABYTE)
  const { input } = await chain.resolve(
    undefined,
    Array.from({ length: 2_000 }, () => chain.itemOf(id)),
  )
  expect(input.map((item) => item.id)).toEqual([chain.itemOf(id)])
  await expect(chain.resolve(undefined, [chain.itemOf(id).replace('i0', 'i1')])).rejects.toMatchObject({ code: 'not_found', param: 'input[0].id' })
})

test('references cannot have more read into memory than any model reads either', async () => {
  await using chain = await openChain()
  const items: string[] = []
  for (let number = 0; number < 5; number++) items.push(chain.itemOf(await chain.goOn(undefined, 7 * MEGABYTE)))
  expect((await chain.resolve(undefined, items.slice(0, 4))).input).toHaveLength(4)
  await expect(chain.resolve(undefined, items)).rejects.toMatchObject({ code: 'invalid_request', param: 'input[4].id' })
})

test('a conversation that has no room for another turn is not gone on with', async () => {
  const full = { id: 'conv_1', created_at: 1, metadata: {}, items: [], last: null, isFull: true }
  const kept = { find: async () => undefined } as unknown as KeptResponses
  const source = { kept, conversations: { find: async () => full }, refresh: async (_owner: string, found: FoundResponse) => found, readUpstream: unreachable }
  const read = readResponsesRequest(Buffer.from('{"model":"m","input":"x","conversation":"conv_1"}'))
  const resolving = resolveConversation(read, { owner: 'ann', id: 'resp_next', followUpstream: false }, source)
  await expect(resolving).rejects.toMatchObject({ code: 'invalid_request', param: 'conversation' })
})

async function unreachable(): Promise<never> {
  throw new Error('nobody is asked')
}

interface Chain extends AsyncDisposable {
  /** Keeps a response that goes on from another, with so many characters in it; answers its id. */
  goOn(previous: string | undefined, characters: number): Promise<string>
  /** The one item of that response. */
  itemOf(id: string): string
  /** What a request that goes on with it, or refers to these items, stands on. */
  resolve(previous: string | undefined, references?: readonly string[]): Promise<ResolvedConversation>
}

async function openChain(): Promise<Chain> {
  const house = await openKept()
  const { kept } = house
  const read = (previous: string | undefined, references: readonly string[] = []) => {
    const input = references.length === 0 ? 'go on' : references.map((id) => ({ type: 'item_reference', id }))
    return readResponsesRequest(Buffer.from(JSON.stringify({ model: 'm', input, ...(previous !== undefined && { previous_response_id: previous }) })))
  }
  const itemOf = (id: string): string => `${id.replace('resp', 'msg')}i0`
  let kepts = 0
  return {
    async goOn(previous, characters) {
      const id = `resp_${String(++kepts).padStart(48, '0')}`
      const response = { ...toResponseObject(read(previous).request, { id, createdAt: 1, model: 'm' }), status: 'completed' as const }
      const input = [{ type: 'message', id: itemOf(id), role: 'user', content: [{ type: 'input_text', text: 'x'.repeat(characters) }] }]
      expect(await kept.keep('ann', { kind: 'ours', response, input }, id)).toBe(true)
      return id
    },
    itemOf,
    resolve: (previous, references) =>
      resolveConversation(
        read(previous, references),
        { owner: 'ann', id: 'resp_next', followUpstream: false },
        {
          kept,
          conversations: { find: async () => undefined },
          refresh: async (_owner, found) => found,
          readUpstream: async () => ({ input: [], output: [], previous: null }),
        },
      ),
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]()
    },
  }
}
