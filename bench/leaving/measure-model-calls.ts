import { setTimeout as pause } from 'node:timers/promises'

import { startGateway } from '../gateway/targets.ts'
import type { Report } from '../report.ts'
import { ask, type Ask } from './caller.ts'
import { between, reportTimes } from './report-times.ts'
import type { LeftUpstream } from './upstream.ts'

interface Path extends Ask {
  name: string
  /** How many calls the gateway makes for it. */
  calls?: number
  /** Whether to leave only once part of an answer has come. */
  midway?: boolean
}

const chat = (model: string, extra: object = {}): Ask => ({
  path: '/v1/chat/completions',
  body: { model, messages: [{ role: 'user', content: 'Hello' }], ...extra },
})
const response = (model: string, extra: object = {}): Ask => ({ path: '/v1/responses', body: { model, input: 'Hello', ...extra } })

const PATHS: readonly Path[] = [
  { name: 'a whole reply that has not begun', ...chat('silent') },
  { name: 'a whole reply that is held until it is whole', ...chat('whole') },
  { name: 'a large reply on its way', ...chat('large'), midway: true },
  { name: 'a stream that has not begun', ...chat('silent', { stream: true }) },
  { name: 'a stream on its way', ...chat('stream', { stream: true }), midway: true },
  { name: 'embeddings', path: '/v1/embeddings', body: { model: 'silent', input: 'x' } },
  { name: 'embeddings on their way', path: '/v1/embeddings', body: { model: 'large', input: 'x' }, midway: true },
  { name: 'a completion’s stream on its way', path: '/v1/completions', body: { model: 'stream', prompt: 'x', stream: true }, midway: true },
  { name: '/v1/responses, a whole one', ...response('silent') },
  { name: '/v1/responses, a stream on its way', ...response('stream', { stream: true }), midway: true },
]

const HELD: Path = { name: 'a stream held while the classifier thinks, and the classifier', ...chat('signalbox-auto', { stream: true }), calls: 2 }
const HELD_RESPONSE: Path = {
  name: '/v1/responses, a stream held while the classifier thinks, and the classifier',
  ...response('signalbox-auto', { stream: true }),
  calls: 2,
}
const BESIDE: Path = { name: 'a call made beside a slow one, and the slow one', ...chat('silent', { stream: true }), calls: 2 }
const JUDGED = {
  LLM_MODEL: 'stream',
  ROUTING_CLASSIFIER_MODEL: 'silent',
  ROUTING_CLASSIFIER_TIMEOUT_MS: '30000',
  ROUTING_LOCAL: 'false',
  ROUTING_SPECULATION: 'on',
}

/** From a caller's leaving to the close of every connection to the model that was open for it. */
export async function measureModelCalls(upstream: LeftUpstream, { tries }: { tries: number }, report: Report): Promise<void> {
  await using gateway = await startGateway(upstream.origin)
  for (const path of PATHS) await measurePath(upstream, gateway.origin, { path, tries }, report)
  await using judging = await startGateway(upstream.origin, JUDGED)
  for (const path of [HELD, HELD_RESPONSE]) await measurePath(upstream, judging.origin, { path, tries }, report)
  // A second call takes what a retry would: there are not many of them.
  await using hedging = await startGateway(upstream.origin, { UPSTREAM_HEDGE_AFTER_MS: '20' })
  await measurePath(upstream, hedging.origin, { path: BESIDE, tries: FEW }, report)
  await using passing = await startGateway(upstream.origin, { LLM_RESPONSES: 'passthrough' })
  await measurePath(upstream, passing.origin, { path: { name: '/v1/responses, passed through', ...response('silent') }, tries }, report)
  await using waiting = await startGateway(upstream.origin)
  await measureRetryWait(upstream, waiting.origin, report)
}

/** As many as the retry budget has from the start, and some to spare. */
const FEW = 15
const WARM = 5

async function measurePath(upstream: LeftUpstream, origin: string, { path, tries }: { path: Path; tries: number }, report: Report): Promise<void> {
  const times: number[] = []
  for (let index = 0; index < tries + WARM; index += 1) {
    const time = await leaveOnce(upstream, origin, path)
    if (index >= WARM || tries === FEW) times.push(time)
    if (times.length === tries) break
  }
  reportTimes(report, path.name, times)
}

async function leaveOnce(upstream: LeftUpstream, origin: string, { calls = 1, midway = false, ...asked }: Path): Promise<number> {
  using listener = upstream.listen()
  const caller = await ask(origin, asked)
  await listener.wait('taken', calls)
  if (midway) await caller.hasHeard()
  const left = caller.leave()
  const closed = await listener.wait('closed', calls)
  const times = closed.map(({ at }) => between(left, at))
  if (times.some((time) => time < 0)) throw new Error(`a call was over before its caller left: ${caller.text.slice(0, 300)}`)
  return Math.max(...times)
}

const RETRY_AFTER_MS = 200
const AMONG_TRIES_MS = 30

/** Between two tries there is no connection to close: what counts is that no other is made. */
async function measureRetryWait(upstream: LeftUpstream, origin: string, report: Report): Promise<void> {
  await requireRetry(upstream, origin)
  let late = 0
  for (let index = 0; index < FEW; index += 1) {
    using listener = upstream.listen()
    const caller = await ask(origin, chat('later'))
    await listener.wait('closed', 1)
    await pause(AMONG_TRIES_MS)
    caller.leave()
    // The wait, with its spread and something to spare.
    await pause(RETRY_AFTER_MS * 2)
    if (caller.text !== '') throw new Error(`no other try was waited for: ${caller.text.slice(0, 300)}`)
    late += listener.heard.filter(({ type }) => type === 'taken').length - 1
  }
  report({ metric: `between two tries: calls that were made although the caller had left, of ${FEW}`, value: late, unit: 'calls', budget: 0 })
}

/** A caller that stays is answered by another try: without it there would be nothing to measure. */
async function requireRetry(upstream: LeftUpstream, origin: string): Promise<void> {
  using listener = upstream.listen()
  const caller = await ask(origin, chat('later'))
  await listener.wait('taken', 2)
  caller.leave()
}
