import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

import { AppError } from '@signalbox/errors'
import { Queue, Worker, type Job, type JobsOptions } from 'bullmq'
import { z } from 'zod'

import type { Doorbell } from '../doorbell.ts'
import { openBullConnection, type DuplicableRedisClient } from './bull-connection.ts'
import { createFaultReporter } from './fault-reporter.ts'
import { untilAborted } from './until-aborted.ts'

export interface BullDoorbellOptions {
  /** A node-redis client. It stays the caller's: the doorbell makes connections of its own like it. */
  client: DuplicableRedisClient
  /** What the engine's keys begin with; `signalbox` by default. */
  prefix?: string
  /** How long a session stays with a process that is gone before another is rung for it, milliseconds; 5 s by default. */
  lockMs?: number
  /** Hears of drives that threw (by session), and of the engine's own faults (without one), of these once in a while. */
  onError: (error: unknown, sessionId?: string) => void
}

type Drive = Parameters<Doorbell['answer']>[0]

const QUEUE = 'doorbell'
const LOCK_MS = 5_000
/** Two processes take turns in looking for locks that ran out, so one may come a turn late. */
const LOOK_FOR_DEAD_EVERY_MS = 250
const RING_TIMEOUT_MS = 1_500
const RETRY_MS = 500
const CLOSE_TIMEOUT_MS = 5_000
/**
 * For how long a ring that waits stands for those that come after it. Bounded, so that keys lost in
 * part (the job, but not the note that it waits) silence no session for longer.
 */
const WAITING_STANDS_FOR_MS = 10_000
/** Rings farther off than this come on a full second, and those of the same second are one. */
const FAR_MS = 60_000
/** The engine's sorted set runs out of digits in 2039; a later ring comes early, which a ring may. */
const LONGEST_DELAY_MS = 365 * 24 * 3_600_000

const ringSchema = z.object({ sessionId: z.string().min(1) })
type Ring = z.infer<typeof ringSchema>

/**
 * The doorbell of many processes, on BullMQ. Nothing is ever read back from the engine, and its keys may
 * vanish at any moment: the sweeper rings for what was missed. Invariants:
 *  1. A ring that waits stands for all that come before its drive has begun, and for none after.
 *  2. A ring that comes to a process which drives the session already leads to one more drive there,
 *     afterwards. One that comes to another process is answered there: the lease keeps the two apart.
 *  3. No session dies in the engine, however often its process does: a job has no limit of crashes.
 *  4. Who closes rings again for what it was made to leave, so that another takes it up at once.
 */
export function createBullDoorbell(options: BullDoorbellOptions): Doorbell {
  const prefix = options.prefix ?? 'signalbox'
  const lockMs = options.lockMs ?? LOCK_MS
  const report = createFaultReporter(options.onError)
  const connection = openBullConnection(options.client)
  const queue = new Queue<Ring>(QUEUE, { connection: connection.client, prefix, streams: { events: { maxLen: 100 } } })
  queue.on('error', report)
  // Nothing travels with a ring, so a drive does not run inside the trace of whoever happened to ring, or to answer.
  const outside = AsyncLocalStorage.snapshot()
  const stopping = new AbortController()
  const driving = new Map<string, { again: boolean; over: Promise<void> }>()
  let drive: Drive | undefined
  let worker: Worker<Ring> | undefined
  let closing: Promise<void> | undefined

  async function ring(sessionId: string, delayMs: number): Promise<void> {
    const timeout = AbortSignal.timeout(RING_TIMEOUT_MS)
    try {
      // Not before: what is said to a Redis that is away would be kept until it is back.
      await untilAborted(connection.whenReady(), timeout)
      await untilAborted(queue.add('ring', { sessionId }, toJobOptions(sessionId, delayMs, Date.now())), timeout)
    } catch (cause) {
      throw new AppError('unavailable', 'The doorbell of the sessions cannot be reached.', { cause, retryAfterMs: 1_000 })
    }
  }

  async function answerJob(job: Job<Ring>): Promise<void> {
    const { data, error } = ringSchema.safeParse(job.data)
    if (!data) return report(error)
    // From here on a ring is not covered by this one any more. Where it cannot be said, time says it.
    await job.removeDeduplicationKey().catch(report)
    const underWay = driving.get(data.sessionId)
    if (underWay) {
      underWay.again = true
      return
    }
    const over = Promise.withResolvers<void>()
    const mine = { again: true, over: over.promise }
    driving.set(data.sessionId, mine)
    while (mine.again && !stopping.signal.aborted) {
      mine.again = false
      await driveOnce(data.sessionId)
    }
    driving.delete(data.sessionId)
    if (stopping.signal.aborted) await ring(data.sessionId, 0).catch(report)
    over.resolve()
  }

  async function driveOnce(sessionId: string): Promise<void> {
    try {
      await drive?.(sessionId, stopping.signal)
    } catch (error) {
      options.onError(error, sessionId)
    }
  }

  function openWorker(concurrency: number): Worker<Ring> {
    const opened = new Worker<Ring>(QUEUE, (job) => outside(answerJob, job), {
      connection: connection.client,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.min(LOOK_FOR_DEAD_EVERY_MS, lockMs),
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: RETRY_MS,
    })
    opened.on('error', report)
    return opened
  }

  async function closeAll(signal: AbortSignal): Promise<void> {
    // At once: nothing more is taken from here on.
    const paused = worker?.pause(true)
    stopping.abort()
    try {
      await untilAborted(Promise.all(Array.from(driving.values(), ({ over }) => over)), signal)
      await untilAborted(paused, signal)
    } catch {
      // Who does not stop in time is left behind: its lock runs out, and another is rung for it.
    }
    try {
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(CLOSE_TIMEOUT_MS)])
      await untilAborted(worker?.close(signal.aborted || !connection.isReady), timeout)
      await untilAborted(queue.close(), timeout)
    } catch {
      // Its connections are cut, then.
    }
    connection.destroy()
  }

  return {
    async ring(sessionId, delayMs = 0) {
      if (!closing) await ring(sessionId, delayMs)
    },
    answer(how, { concurrency }) {
      if (closing) return
      drive = how
      if (worker) worker.concurrency = concurrency
      else worker = outside(openWorker, concurrency)
    },
    async close(signal) {
      closing ??= closeAll(signal)
      await untilAborted(closing, signal).catch(() => undefined)
    },
  }
}

/** A job has an id that was never used before: numbers begin anew when the engine's keys are gone. */
function toJobOptions(sessionId: string, delayMs: number, now: number): JobsOptions {
  const options: JobsOptions = { jobId: randomUUID(), attempts: 1, removeOnComplete: true, removeOnFail: true }
  if (!(delayMs > 0)) return { ...options, deduplication: { id: sessionId, ttl: WAITING_STANDS_FOR_MS } }
  const delay = Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS)
  if (delay < FAR_MS) return { ...options, delay }
  const due = Math.ceil((now + delay) / 1_000) * 1_000
  return { ...options, delay: due - now, deduplication: { id: `${sessionId}@${due}`, ttl: due - now } }
}
