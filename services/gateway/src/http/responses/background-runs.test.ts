import { setImmediate as nextTurn } from 'node:timers/promises'

import { readResponsesRequest, toResponseObject } from '@signalbox/openai-wire/responses'
import { expect, test } from 'vitest'

import { createStopBell } from '../../core/stop-bell.ts'
import { openKept } from '../../fixtures/kept-responses.ts'
import { createBackgroundRuns, type MakeResponse } from './background-runs.ts'
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
  await using opened = await openKept()
  const { kept, telemetry } = opened
  const runs = createBackgroundRuns({ kept, stopBell: createStopBell(), telemetry, ...bounds })
  await runs.start({ entry: await kept.begin('ann', BEGUN), document: BEGUN }, make).over
  const found = await kept.find('ann', 'resp_1')
  return found?.document.kind === 'ours' ? found.document : undefined
}
