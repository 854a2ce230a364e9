import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'

import type { Logger } from '@signalbox/telemetry'

import { followSignals } from '../stop-signal.ts'
import { keepCounted, mergeMetrics } from './merge-metrics.ts'
import type { ToPrimary, ToWorker } from './messages.ts'

export interface WorkersOptions {
  name: string
  count: number
  log: Logger
  /** What workers find in their environment beside the primary's. */
  environment?: Record<string, string>
  /** How long workers may take to drain, before they are killed. */
  graceMs?: number
}

/** A worker says its metrics within this time, or is left out. */
const METRICS_MS = 2_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** A worker that lived for so long was well: the next one is started without waiting longer than for the first. */
const WELL_AFTER_MS = 30_000
/** Longer than a service's own grace, so that what it says last is heard. */
const GRACE_MS = 15_000

/**
 * A service as several processes on one port: this one, which answers nobody, and its workers.
 *
 * 1. The first worker is ready before the others start, so that what is made once (accounts, tables) is made by one.
 * 2. A worker that ends unasked is replaced, a little later each time it does not live. One that never becomes ready at
 *    the start ends them all: its configuration is wrong for every worker.
 * 3. SIGINT and SIGTERM let all workers drain; a second one stops them at once. None outlives the grace.
 * 4. Whichever worker is asked for metrics says those of all, with what workers counted that are gone.
 */
export async function runWorkers({ name, count, log, environment = {}, graceMs = GRACE_MS }: WorkersOptions): Promise<void> {
  const orders = followSignals()
  let isStopped = false
  void orders.stop.then(() => (isStopped = true))
  const house = new Workers({ log, environment })
  const url = await Promise.race([house.start(), orders.stop.then(() => undefined)])
  for (let started = 1; started < count && url !== undefined; started++) await Promise.race([house.keepStarting(), orders.stop])
  if (url === undefined && !isStopped) process.exitCode = 1
  else if (url !== undefined) {
    log.info({ url, workers: count }, `${name} is ready`)
    await orders.stop
  }
  log.info(`${name} is stopping`)
  void orders.now.then(() => house.tellAll({ type: 'now' }))
  await house.stop(graceMs)
  await new Promise<void>((resolve) => log.flush(() => resolve()))
}

class Workers {
  readonly #log: Logger
  readonly #environment: Record<string, string>
  readonly #alive = new Set<Worker>()
  /** What is asked of workers about their metrics, by number. */
  readonly #answers = new Map<string, (text: string) => void>()
  /** What each said last of its metrics, so that what it counted outlives it. */
  readonly #lastSaid = new Map<Worker, string>()
  #departed = ''
  #asked = 0
  #waitMs = FIRST_WAIT_MS
  readonly #restarts = new Set<NodeJS.Timeout>()
  isStopping = false

  constructor({ log, environment }: { log: Logger; environment: Record<string, string> }) {
    this.#log = log
    this.#environment = environment
  }

  /** Starts one worker; answers where it listens, or undefined where it ended before it did. */
  async start(): Promise<string | undefined> {
    if (this.isStopping) return undefined
    const worker = cluster.fork(this.#environment)
    const bornAt = performance.now()
    this.#alive.add(worker)
    const ready = Promise.withResolvers<string | undefined>()
    let wasReady = false
    worker.on('message', (message: ToPrimary) => {
      switch (message.type) {
        case 'ready':
          wasReady = true
          this.#log.info({ worker: worker.id, pid: worker.process.pid }, 'a worker is ready')
          // While it was starting it heard nothing.
          if (this.isStopping) tell(worker, { type: 'stop' })
          return ready.resolve(message.url)
        case 'my-metrics':
          this.#answers.get(`${worker.id} ${message.id}`)?.(message.text)
          return
        case 'ask-metrics':
          void this.#readMetrics().then((text) => tell(worker, { type: 'all-metrics', id: message.id, text }))
      }
    })
    // Ended workers are heard of below; what could not be told them needs no more than that.
    worker.on('error', (error) => this.#log.warn({ worker: worker.id, err: error }, 'a worker cannot be told'))
    worker.once('exit', (code, signal) => {
      this.#alive.delete(worker)
      this.#bury(worker)
      ready.resolve(undefined)
      if (this.isStopping) return
      if (!wasReady) return void this.#log.error({ worker: worker.id, code, signal }, 'a worker ended before it was ready')
      const waitMs = this.#toWait(performance.now() - bornAt)
      this.#log.error({ worker: worker.id, code, signal, waitMs }, 'a worker ended: another one takes its place')
      this.#startIn(waitMs)
    })
    return await ready.promise
  }

  /** Starts one worker; where it ends before it is ready, others after it, later and later. */
  async keepStarting(): Promise<void> {
    const url = await this.start()
    if (url === undefined && !this.isStopping) this.#startIn(this.#toWait(0))
  }

  tellAll(message: ToWorker): void {
    for (const worker of this.#alive) tell(worker, message)
  }

  /** Lets all drain; kills those that take too long. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true
    for (const timer of this.#restarts) clearTimeout(timer)
    const gone = [...this.#alive].map((worker) => once(worker, 'exit'))
    this.tellAll({ type: 'stop' })
    const late = setTimeout(() => {
      for (const worker of this.#alive) worker.process.kill('SIGKILL')
    }, graceMs)
    await Promise.all(gone)
    clearTimeout(late)
  }

  #startIn(waitMs: number): void {
    const timer = setTimeout(() => {
      this.#restarts.delete(timer)
      void this.keepStarting()
    }, waitMs)
    this.#restarts.add(timer)
  }

  #toWait(livedMs: number): number {
    const waitMs = livedMs >= WELL_AFTER_MS ? FIRST_WAIT_MS : this.#waitMs
    this.#waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)
    return waitMs
  }

  async #readMetrics(): Promise<string> {
    const id = ++this.#asked
    const texts = await Promise.all(Array.from(this.#alive, (worker) => this.#askMetrics(worker, id)))
    return mergeMetrics([this.#departed, ...texts])
  }

  /** What it said last, of a worker that does not answer. */
  async #askMetrics(worker: Worker, id: number): Promise<string> {
    const key = `${worker.id} ${id}`
    const answer = Promise.withResolvers<string>()
    this.#answers.set(key, answer.resolve)
    const timer = setTimeout(() => answer.resolve(this.#lastSaid.get(worker) ?? ''), METRICS_MS)
    try {
      tell(worker, { type: 'say-metrics', id })
      const text = await answer.promise
      if (this.#alive.has(worker)) this.#lastSaid.set(worker, text)
      return text
    } finally {
      clearTimeout(timer)
      this.#answers.delete(key)
    }
  }

  #bury(worker: Worker): void {
    const last = this.#lastSaid.get(worker)
    this.#lastSaid.delete(worker)
    if (last !== undefined) this.#departed = mergeMetrics([this.#departed, keepCounted(last)])
  }
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined)
}
