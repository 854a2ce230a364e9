import { join } from 'node:path'

import { readResponsesRequest, toResponseObject } from '@signalbox/openai-wire/responses'
import { openTelemetry } from '@signalbox/telemetry'
import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { openSqliteResponseStore } from '../../adapters/responses/sqlite-response-store.ts'
import { createKeptResponses } from './kept-responses.ts'
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

interface Chain extends AsyncDisposable {
  /** Keeps a response that goes on from another, with so many characters in it; answers its id. */
  goOn(previous: string | undefined, characters: number): Promise<string>
  /** What a request that goes on with it stands on. */
  resolve(previous: string | undefined): Promise<ResolvedConversation>
}

async function openChain(): Promise<Chain> {
  const folder = await temporaryFolder()
  const store = openSqliteResponseStore({ path: join(folder.path, 'responses.db') })
  const telemetry = openTelemetry({ service: 'x', level: 'silent' })
  const kept = createKeptResponses({ store: async () => store, retentionMs: 60_000, telemetry })
  const read = (previous: string | undefined) =>
    readResponsesRequest(Buffer.from(JSON.stringify({ model: 'm', input: 'go on', ...(previous !== undefined && { previous_response_id: previous }) })))
  let kepts = 0
  return {
    async goOn(previous, characters) {
      const id = `resp_${++kepts}`
      const response = { ...toResponseObject(read(previous).request, { id, createdAt: 1, model: 'm' }), status: 'completed' as const }
      const input = [{ type: 'message', id: `msg_${kepts}`, role: 'user', content: [{ type: 'input_text', text: 'x'.repeat(characters) }] }]
      expect(await kept.keep('ann', { kind: 'ours', response, input }, id)).toBe(true)
      return id
    },
    resolve: (previous) =>
      resolveConversation(
        read(previous),
        { owner: 'ann', id: 'resp_next', followUpstream: false },
        { kept, refresh: async (_owner, found) => found, readUpstream: async () => [] },
      ),
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
