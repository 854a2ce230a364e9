import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { readResponsesRequest, toResponseObject } from '@signalbox/openai-wire/responses'
import { openTelemetry } from '@signalbox/telemetry'
import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { openSqliteResponseStore } from '../../adapters/responses/sqlite-response-store.ts'
import { createStopBell } from '../../core/stop-bell.ts'
import { createBackgroundRuns, type MakeResponse } from './background-runs.ts'
import { createKeptConversations } from './kept-conversations.ts'
import { createKeptResponses } from './kept-responses.ts'
import type { OwnResponse } from './response-document.ts'

const { request } = readResponsesRequest(Buffer.from('{"model":"m","input":"hi","background":true}'))
const RESPONSE = toResponseObject(request, { id: 'resp_1', createdAt: 1, model: 'm' })
const BEGUN: OwnResponse = {
  kind: 'ours',
  response: { ...RESPONSE, status: 'queued' },
  input: [],
  run: { by: 'here', until: Date.now() + 60_000, cancel: false, tries: 1 },
}

test('a model that answers without end is stopped, and its response is failed', async () => {
  let isLeft = false
  const endless: MakeResponse = async function* (composer) {
    try {
      for (;;) {
        await nextTurn()
        yield composer.write('and on '.repeat(100))
      }
    } finally {
      isLeft = true
    }
  }
  const ended = await run(endless, { mostToldBytes: 100_000 })
  expect(isLeft).toBe(true)
  expect(ended?.response).toMatchObject({ status: 'failed', error: { code: 'server_error', message: 'The model endpoint answers without end.' } })
})

test('whoever makes a response is told when it is over, however it ended', async () => {
  const signals: AbortSignal[] = []
  await run(async function* (composer, signal) {
    signals.push(signal)
    yield composer.complete({ at: 1 })
  })
  await run(async function* (_composer, signal) {
    signals.push(signal)
    yield []
    throw new Error('nobody foresaw this')
  })
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
})

async function run(make: MakeResponse, bounds: { mostToldBytes?: number } = {}): Promise<OwnResponse | undefined> {
  await using folder = await temporaryFolder()
  const telemetry = openTelemetry({ service: 'x', level: 'silent' })
  const store = openSqliteResponseStore({ path: join(folder.path, 'responses.db') })
  const kept = createKeptResponses({
    store: async () => store,
    retentionMs: 60_000,
    knowsNames: false,
    telemetry,
    conversations: createKeptConversations({ store: async () => store, retentionMs: 60_000 }),
  })
  const runs = createBackgroundRuns({ kept, stopBell: createStopBell(), telemetry, ...bounds })
  await runs.start({ entry: await kept.begin('ann', BEGUN), document: BEGUN }, make).over
  const found = await kept.find('ann', 'resp_1')
  await store.close()
  return found?.document.kind === 'ours' ? found.document : undefined
}
