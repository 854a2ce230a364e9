import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'
import { createClient, ErrorReply } from 'redis'

import { hearChannels, type Channels } from './hear-channels.ts'
import { isAway } from './redis-error.ts'
import { requireDurable } from './require-durable.ts'
import { watchConnection } from './watch-connection.ts'

export type RedisClient = ReturnType<typeof createClientOf>

export interface RedisOptions {
  /** `redis://` or `rediss://`, with its password if it has one. */
  url: string
  /** Only warns of a Redis that could lose what it acknowledged. */
  allowVolatile?: boolean
  /** Told in words without secrets: of what could be lost, and each time that Redis goes away and comes back. */
  onWarning: (message: string) => void
  /** How long it may take to be there at first, milliseconds. Afterwards it is waited for without end. */
  connectTimeoutMs?: number
}

/** A Redis that is connected to, and reconnected to without end. */
export interface Redis {
  /** For commands. They fail at once while Redis is away. */
  client: RedisClient
  /** On a connection of their own. */
  channels: Channels
  /** Since when Redis has been away, milliseconds of `performance.now`; undefined while it is there. */
  readonly awaySince: number | undefined
  close(): Promise<void>
}

/** How long a connection may be silent though something was asked on it, milliseconds. More than a blocking command of a duplicate takes. */
const SILENCE_MS = 15_000
const PING_EVERY_MS = 1_000
const LONGEST_PAUSE_MS = 1_000
const GOODBYE_MS = 1_000

/**
 * Connects to Redis, and makes sure that it keeps what it acknowledges.
 * @throws AppError `unavailable`: not retryable where the address, the password or a setting must be mended.
 */
export async function openRedis(options: RedisOptions): Promise<Redis> {
  const address = readAddress(options.url)
  const state = { connected: false, refused: undefined as Error | undefined }
  const client = createClientOf(options.url, state)
  const subscriber = client.duplicate()
  const watch = watchConnection(client, { name: `Redis at ${address}`, onWarning: (message) => state.connected && options.onWarning(message) })
  // Errors of the subscriber are those of the client again; what is not heard meanwhile is looked for.
  subscriber.on('error', () => undefined)

  async function close(): Promise<void> {
    watch.stop()
    for (const connection of [subscriber, client]) {
      // Away, it cannot be said goodbye to.
      if (connection.isReady) await Promise.race([connection.close(), pause(GOODBYE_MS, undefined, { ref: false })])
      if (connection.isOpen) connection.destroy()
    }
  }

  try {
    await connect([client, subscriber], options.connectTimeoutMs ?? 5_000)
    await requireDurable({
      info: (section) => client.info(section),
      setting: async (name) => (await client.configGet(name))[name],
      allowVolatile: options.allowVolatile ?? false,
      onWarning: options.onWarning,
    })
  } catch (error) {
    await close()
    if (error instanceof AppError) throw error
    throw notConnected(address, state.refused ?? watch.lastError ?? error)
  }
  state.connected = true
  return {
    client,
    channels: hearChannels(subscriber),
    get awaySince() {
      return watch.awaySince
    },
    close,
  }
}

function createClientOf(url: string, state: { connected: boolean; refused: Error | undefined }) {
  return createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: PING_EVERY_MS,
    socket: {
      connectTimeout: 5_000,
      socketTimeout: SILENCE_MS,
      reconnectStrategy(retries, cause) {
        // Who refuses us at first will refuse us again; who knew us may only be restarting.
        if (!state.connected && cause instanceof ErrorReply && !isAway(cause)) return (state.refused = cause)
        return Math.min(2 ** retries * 25, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2)
      },
    },
  })
}

async function connect(connections: { connect(): Promise<unknown> }[], withinMs: number): Promise<void> {
  const late = new AbortController()
  const tooLate = pause(withinMs, undefined, { signal: late.signal }).then(() => Promise.reject(new Error(`no answer within ${withinMs} ms`)))
  try {
    await Promise.race([Promise.all(connections.map((connection) => connection.connect())), tooLate])
  } finally {
    late.abort()
    tooLate.catch(() => undefined)
  }
}

/** Host and port, to be shown: never the password. */
function readAddress(url: string): string {
  // What `URL` throws holds what it was given.
  if (!URL.canParse(url)) throw new AppError('unavailable', 'The address of Redis is not a URL.', { retryable: false })
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'redis:' && protocol !== 'rediss:')
    throw new AppError('unavailable', `The address of Redis begins with redis:// or rediss://, not ${protocol}//.`, { retryable: false })
  return `${hostname}:${port || 6379}`
}

function notConnected(address: string, error: unknown): AppError {
  const refused = error instanceof ErrorReply && !isAway(error)
  return new AppError('unavailable', `Redis at ${address} ${refused ? 'refuses us' : 'cannot be reached'}: ${reasonOf(error)}.`, {
    cause: error,
    retryable: !refused,
  })
}

function reasonOf(error: unknown): string {
  const { code, message } = error as Error & { code?: string }
  return (message || code || 'no reason given').replace(/\.$/, '')
}
