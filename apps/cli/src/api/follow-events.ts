import { setTimeout as pause } from 'node:timers/promises'

import { sessionEventSchema, TERMINAL_EVENTS, type SessionEvent } from '@signalbox/contracts'

import type { Connection } from '../connection.ts'
import { Failure } from '../failure.ts'
import { parseJson, toHeaders, toUrl } from './call-gateway.ts'
import { explainBreak, explainStatus, readErrorBody } from './explain-error.ts'
import { createSseReader } from './read-sse.ts'

/** An event as it came; `event` is undefined for one of a kind that this version does not know. */
export interface ReceivedEvent {
  seq: number
  json: unknown
  event: SessionEvent | undefined
}

export interface FollowOptions {
  /** The number of the last event that is known already. */
  after: number
  signal: AbortSignal
  /** Told once for each break in the line. */
  onBreak: (why: string) => void
  /** How long the gateway may be away, milliseconds. */
  patienceMs?: number
}

const CONNECT_MS = 30_000
/** The gateway sends a comment every 15 s. */
const SILENCE_MS = 45_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000
const PATIENCE_MS = 120_000

/** What ends a line, and may be mended by asking again. */
class Break extends Failure {}

/**
 * A session's events to its end, each once, over breaks in the line.
 *
 * @throws Failure at once where the first attempt fails; later, when the gateway stayed away for too long.
 */
export async function* followEvents(connection: Connection, id: string, options: FollowOptions): AsyncGenerator<ReceivedEvent> {
  const { signal, onBreak, patienceMs = PATIENCE_MS } = options
  let last = options.after
  let isOver = false
  let isAgain = false
  let brokenAt: number | undefined
  let wait = FIRST_PAUSE_MS
  for (;;) {
    try {
      const body = await open(connection, id, { after: last, isAgain, signal })
      if (body === undefined) return
      isAgain = true
      for await (const received of readEvents(body, connection, signal)) {
        brokenAt = undefined
        wait = FIRST_PAUSE_MS
        if (received.seq <= last) continue
        last = received.seq
        isOver = received.event !== undefined && TERMINAL_EVENTS.has(received.event.type)
        yield received
      }
      if (isOver) return
      throw new Break(`${connection.url} ended the line before the session’s end.`)
    } catch (error) {
      if (!(error instanceof Break) || !isAgain) throw error
      if (brokenAt === undefined) onBreak(error.message)
      brokenAt ??= Date.now()
      if (Date.now() - brokenAt > patienceMs) throw new Failure(`${error.message} Go on when it is back: signalbox sessions watch ${id} --after ${last}`)
      await pause(wait, undefined, { signal })
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS)
    }
  }
}

/** Undefined where there is nothing more to tell. */
async function open(
  connection: Connection,
  id: string,
  { after, isAgain, signal }: { after: number; isAgain: boolean; signal: AbortSignal },
): Promise<ReadableStream<Uint8Array> | undefined> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Break(`${connection.url} did not answer in time.`)), CONNECT_MS)
  try {
    const query = isAgain || after === 0 ? {} : { after }
    const response = await fetch(toUrl(connection, { path: `/sessions/${encodeURIComponent(id)}/events`, query }), {
      redirect: 'manual',
      headers: { ...toHeaders(connection, false), accept: 'text/event-stream', ...(isAgain && { 'last-event-id': String(after) }) },
      signal: AbortSignal.any([signal, late.signal]),
    })
    if (response.status === 204) return undefined
    if (response.ok && response.body && response.headers.get('content-type')?.startsWith('text/event-stream')) return response.body
    const failure = explainStatus(response.status, parseJson(await response.text()), connection, response.headers.get('retry-after'))
    throw response.status >= 500 || response.status === 429 ? new Break(failure.message) : failure
  } catch (error) {
    throw toBreak(late.signal.aborted ? late.signal.reason : error, connection, signal)
  } finally {
    clearTimeout(timer)
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>, connection: Connection, signal: AbortSignal): AsyncGenerator<ReceivedEvent> {
  const reader = body.getReader()
  const { read } = createSseReader()
  try {
    for (;;) {
      const next = await unlessSilent(reader.read(), connection)
      if (next.done) return
      for (const { data, id } of read(next.value)) yield toReceived(data, id)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    if (signal.aborted) throw signal.reason
    throw new Break(`The line to ${connection.url} broke.`)
  } finally {
    // The line is let go, whoever ended it.
    void reader.cancel().catch(() => undefined)
  }
}

async function unlessSilent<Result>(reading: Promise<Result>, { url }: Connection): Promise<Result> {
  const silent = Promise.withResolvers<never>()
  const timer = setTimeout(() => silent.reject(new Break(`${url} fell silent.`)), SILENCE_MS)
  try {
    return await Promise.race([reading, silent.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** @throws Break for an error in the stream that passes, Failure for one that does not. */
function toReceived(data: string, id: string | undefined): ReceivedEvent {
  const json = parseJson(data)
  const error = readErrorBody(json)
  if (error && id === undefined) throw error.code === 'unavailable' ? new Break(error.message) : new Failure(error.message)
  if (id === undefined || !/^\d{1,15}$/.test(id)) throw new Failure('The gateway sent an event without a number.')
  return { seq: Number(id), json, event: sessionEventSchema.safeParse(json).data }
}

/** A gateway that is not there may come back; what it said stands. */
function toBreak(error: unknown, connection: Connection, signal: AbortSignal): Failure {
  const failure = explainBreak(error, connection, signal)
  return failure === error ? failure : new Break(failure.message)
}
