import { readResponsesRequest, toResponseObject } from '@signalbox/openai-wire/responses'
import { eventually } from '@signalbox/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { ModelUpstream } from '../../adapters/model-upstream.ts'
import { createStopBell } from '../../core/stop-bell.ts'
import { openKept } from '../../fixtures/kept-responses.ts'
import { createBackgroundRuns, type BackgroundRuns } from './background-runs.ts'
import type { KeptResponses } from './kept-responses.ts'
import { refreshResponse } from './refresh-response.ts'
import type { OwnResponse, ResponseRun } from './response-document.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { makeOfChat } from './take-up-run.ts'

/* What becomes of a response of the background whose gateway went away with its process. */

const { request } = readResponsesRequest(Buffer.from('{"model":"m","input":"hi","background":true}'))
const RESPONSE = toResponseObject(request, { id: 'resp_1', createdAt: 1, model: 'm' })
const ASK = '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
const DEAD: ResponseRun = { by: 'dead', until: 1, cancel: false, tries: 1, ask: ASK }
const CALL = { owner: 'ann', requestId: 'req', signal: new AbortController().signal }

interface House extends AsyncDisposable {
  kept: KeptResponses
  /** The bodies that the model was asked with. */
  asked: string[]
  /** Lets the model answer what it was asked, or is asked. */
  answer(): void
  /** Opens a gateway's part on the same store. */
  open(): { runs: BackgroundRuns; refresh(): Promise<OwnResponse['response']> }
  begin(run: ResponseRun): Promise<void>
}

let house: House
beforeEach(async () => {
  house = await openHouse()
})
afterEach(() => house[Symbol.asyncDispose]())

test('what nobody has heard a word of is asked anew, with the very words, by the first gateway that looks', async () => {
  await house.begin(DEAD)
  const [first, second] = [house.open(), house.open()]
  expect((await Promise.all([first.refresh(), second.refresh()])).map(({ status }) => status)).toEqual(['in_progress', 'in_progress'])
  house.answer()
  const made = await eventually('it is made', async () => {
    const response = await second.refresh()
    return response.status === 'completed' ? response : undefined
  })
  expect(made.output).toMatchObject([{ content: [{ text: 'Hello' }] }])
  expect(house.asked).toEqual([ASK])
})

test.each<[string, Partial<ResponseRun>, object]>([
  ['a part of it had been told', { told: true }, { status: 'failed', error: { message: expect.stringContaining('a part of it had been told') as string } }],
  ['it was to stop', { cancel: true }, { status: 'cancelled' }],
  ['it ended its gateway three times', { tries: 3 }, { status: 'failed', error: { message: expect.stringContaining('3 times') as string } }],
  [
    'what was asked was too much to keep',
    { ask: undefined },
    { status: 'failed', error: { message: expect.stringContaining('send the request again') as string } },
  ],
])('it is over where %s', async (_why, run, ended) => {
  await house.begin({ ...DEAD, ...run })
  expect(await house.open().refresh()).toMatchObject(ended)
  expect(await house.open().refresh()).toMatchObject(ended)
  expect(house.asked).toEqual([])
})

test('a gateway that was taken for dead and is not lets go: what another one makes is what is kept', async () => {
  const slow = house.open()
  await house.begin({ ...DEAD, by: 'slow' })
  const entry = await house.kept.find('ann', 'resp_1')
  if (entry?.document.kind !== 'ours') throw new Error('it is not there')
  const run = slow.runs.start({ entry: entry.entry, document: entry.document }, async function* (composer, signal) {
    yield composer.write('Half')
    await untilAborted(signal)
  })
  await house.open().refresh()
  await expect(readAll(run.follow(CALL.signal))).rejects.toThrow('goes on elsewhere')
  await run.over
  house.answer()
  await eventually('it is made', async () => (await house.open().refresh()).status === 'completed')
})

test('a gateway that stops leaves what nobody has heard, and ends what somebody has', async () => {
  for (const isTold of [false, true]) {
    await using other = await openHouse()
    const gateway = other.open()
    await other.begin({ ...DEAD, by: 'here', until: Date.now() + 60_000 })
    const found = await other.kept.find('ann', 'resp_1')
    if (found?.document.kind !== 'ours') throw new Error('it is not there')
    const run = gateway.runs.start({ entry: found.entry, document: found.document }, async function* (composer, signal) {
      yield composer.write('Half')
      await untilAborted(signal)
    })
    const following = run.follow(CALL.signal)
    while (isTold && !(await following.next()).value?.some((event: { type: string }) => event.type === 'response.output_text.delta'));
    await gateway.runs.close()
    const next = await other.open().refresh()
    expect(next.status).toBe(isTold ? 'failed' : 'in_progress')
    if (!isTold) await eventually('it is asked anew', () => other.asked.length === 1)
  }
})

test('what the model refuses is the response’s failure', async () => {
  const gateway = house.open()
  await house.begin({ ...DEAD, until: Date.now() + 60_000 })
  const found = await house.kept.find('ann', 'resp_1')
  if (found?.document.kind !== 'ours') throw new Error('it is not there')
  const upstream: Pick<ModelUpstream, 'send' | 'host'> = {
    host: 'model',
    send(_request, receiver) {
      receiver.onReply(400, { 'content-type': 'application/json' })
      receiver.onBytes(Buffer.from('{"error":{"message":"Too long."}}'))
      receiver.onEnd()
      return NO_EXCHANGE
    },
  }
  await gateway.runs.start({ entry: found.entry, document: found.document }, makeOfChat(Buffer.from(ASK), 'req', { upstream: upstream as ModelUpstream })).over
  expect(await gateway.refresh()).toMatchObject({ status: 'failed', error: { message: 'Too long.' } })
})

const NO_EXCHANGE = { pause: () => undefined, resume: () => undefined, stop: () => undefined }

async function openHouse(): Promise<House> {
  const house = await openKept()
  const { kept, telemetry } = house
  const asked: string[] = []
  const answered = Promise.withResolvers<void>()
  const upstream: Pick<ModelUpstream, 'send' | 'host'> = {
    host: 'model',
    send({ body }, receiver) {
      asked.push(String(body))
      void answered.promise.then(() => {
        receiver.onReply(200, { 'content-type': 'text/event-stream' })
        receiver.onBytes(Buffer.from('data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'))
        receiver.onEnd()
      })
      return NO_EXCHANGE
    },
  }
  const opened: BackgroundRuns[] = []
  return {
    kept,
    asked,
    answer: () => answered.resolve(),
    open() {
      const runs = createBackgroundRuns({ kept, stopBell: createStopBell(), telemetry, beatMs: 20 })
      opened.push(runs)
      // Sessions have no part in it.
      const source = { kept, runs, upstream } as unknown as ResponsesOptions
      return {
        runs,
        async refresh() {
          const found = await kept.find('ann', 'resp_1')
          if (!found) throw new Error('it is not there')
          const { document } = await refreshResponse(found, CALL, source)
          if (document.kind !== 'ours') throw new Error('it is kept elsewhere')
          return document.response
        },
      }
    },
    async begin(run) {
      await kept.begin('ann', { kind: 'ours', response: { ...RESPONSE, status: 'queued' }, input: [], run })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((runs) => runs.close()))
      await house[Symbol.asyncDispose]()
    },
  }
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  throw signal.reason
}

async function readAll(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}
