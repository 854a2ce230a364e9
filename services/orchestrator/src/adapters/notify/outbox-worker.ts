import { setTimeout as pause } from 'node:timers/promises'

import type { ApprovalLedger } from '@signalbox/approvals'
import type { Delivery } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import { patiently } from '../patiently.ts'
import type { Outcome } from './message.ts'

export interface OutboxSettings {
  /** Pauses before the second try and those after it, milliseconds; each a quarter more or less. After the last try it is given up. */
  pausesMs: readonly number[]
  /** How long one try may take. */
  deadlineMs: number
  /** How often to look for messages whose time has come. */
  pollMs: number
  /** Messages under way at a time, from this replica. */
  atOnce: number
}

export interface OutboxWorker {
  start(): void
  /** Looks now. */
  wake(): void
  /** Takes no more messages and waits for those under way, until `signal` aborts; those are cut short then, and tried again by whoever comes next. */
  close(signal?: AbortSignal): Promise<void>
}

/** What a receiver asks for is heard up to here. */
const LONGEST_PAUSE_MS = 3_600_000

/**
 * Sends what is in the outbox.
 *
 *  1. A message is sent by whoever claimed it, for longer than a try can take: no other worker sends it meanwhile.
 *  2. A try whose end was not written down (a crash) is made again. Receivers know it by its id.
 *  3. What a close cuts short counts as no try.
 */
export function createOutboxWorker(options: {
  ledger: Pick<ApprovalLedger, 'claim' | 'settle'>
  /** One try. Never throws; done soon after the signal aborts. */
  send: (delivery: Delivery, signal: AbortSignal) => Promise<Outcome>
  settings: OutboxSettings
  telemetry: Telemetry
  random?: () => number
}): OutboxWorker {
  const { ledger, send, settings, telemetry, random = Math.random } = options
  const { log } = telemetry
  // A try, the time to write down how it went, and as much again for clocks that differ.
  const leaseMs = settings.deadlineMs * 3
  const underWay = new Set<Promise<void>>()
  const closing = new AbortController()
  const cutting = new AbortController()
  let woken = Promise.withResolvers<void>()
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    while (!closing.signal.aborted) {
      const claimed = await claim()
      for (const delivery of claimed) {
        const trying: Promise<void> = attempt(delivery).finally(() => underWay.delete(trying))
        underWay.add(trying)
      }
      await rest()
    }
  }

  async function claim(): Promise<Delivery[]> {
    const free = settings.atOnce - underWay.size
    if (free <= 0) return []
    try {
      return await ledger.claim(new Date(), free, leaseMs)
    } catch (error) {
      const { code } = toAppError(error)
      if (code === 'unavailable') log.debug({ code }, 'sending notifications was left for later')
      else log.error({ err: error, code }, 'notifications could not be read')
      return []
    }
  }

  /** Until there is something to do again. A full house looks again as soon as there is room. */
  async function rest(): Promise<void> {
    if (underWay.size >= settings.atOnce) await Promise.race([...underWay, whenClosing()])
    else await Promise.race([pause(settings.pollMs, undefined, { ref: false, signal: closing.signal }).catch(() => undefined), woken.promise])
    woken = Promise.withResolvers()
  }

  function whenClosing(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (closing.signal.aborted) resolve()
    closing.signal.addEventListener('abort', () => resolve(), { once: true })
    return promise
  }

  async function attempt(delivery: Delivery): Promise<void> {
    const startedAt = performance.now()
    const signal = AbortSignal.any([cutting.signal, AbortSignal.timeout(settings.deadlineMs)])
    const outcome = await send(delivery, signal)
    const settled = cutting.signal.aborted && outcome.state === 'failed' ? { ...delivery, next_at: new Date().toISOString() } : settle(delivery, outcome)
    const facts = {
      delivery: delivery.id,
      channel: delivery.channel,
      event: delivery.event,
      approval_id: delivery.approval_id,
      attempt: settled.attempts,
      status: settled.status,
    }
    const said = { ...facts, state: settled.state, error: settled.error, ms: Math.round(performance.now() - startedAt) }
    if (settled.state === 'failed') log.warn(said, 'a notification was given up')
    else log.info(said, settled.state === 'delivered' ? 'a notification was delivered' : 'a notification will be tried again')
    try {
      await patiently(() => ledger.settle(settled), AbortSignal.timeout(settings.deadlineMs))
    } catch (error) {
      log.error({ ...facts, code: toAppError(error).code }, 'how a notification went could not be written down; it will be sent again')
    }
  }

  function settle(delivery: Delivery, outcome: Outcome): Delivery {
    const now = new Date()
    const attempts = delivery.attempts + 1
    const tried = { ...delivery, attempts, status: outcome.status, error: outcome.error }
    if (outcome.state === 'delivered') return { ...tried, state: 'delivered', next_at: null, finished_at: now.toISOString() }
    const wait = settings.pausesMs[attempts - 1]
    // A test is for somebody who waits to hear how it went.
    if (!outcome.again || wait === undefined || delivery.event === 'test') return { ...tried, state: 'failed', next_at: null, finished_at: now.toISOString() }
    const waitMs = Math.max(wait * (0.75 + random() * 0.5), Math.min(outcome.afterMs ?? 0, LONGEST_PAUSE_MS))
    return { ...tried, state: 'waiting', next_at: new Date(now.getTime() + waitMs).toISOString(), finished_at: null }
  }

  return {
    start() {
      looking ??= look()
    },
    wake() {
      woken.resolve()
    },
    async close(signal) {
      closing.abort()
      const cut = (): void => cutting.abort()
      if (signal?.aborted) cut()
      signal?.addEventListener('abort', cut, { once: true })
      await looking
      await Promise.allSettled(underWay)
    },
  }
}
