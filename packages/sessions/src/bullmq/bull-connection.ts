import { setTimeout as pause } from 'node:timers/promises'

import { createNodeRedisClient, type IRedisClient } from 'bullmq'

/** What is needed of a node-redis client, whatever its protocol version and modules. */
export interface DuplicableRedisClient {
  duplicate(overrides: { disableOfflineQueue: boolean }): RawRedisClient
}

interface RawRedisClient {
  readonly isReady: boolean
  on(event: string, listener: () => void): unknown
}

export interface BullConnection {
  /** For BullMQ, which makes its blocking connections from it. */
  client: IRedisClient
  readonly isReady: boolean
  /** Resolves once commands are answered; now, where they are. */
  whenReady(): Promise<void>
  /** Cuts the connection, and all that BullMQ made from it, whatever they are doing. */
  destroy(): void
}

const PAUSE_AFTER_FAULT_MS = 100

/**
 * A connection of the engine's own, made like `client`, with what BullMQ lacks to live through a Redis
 * that goes away at any moment:
 *  1. A client is listened to for as long as it lives. BullMQ stops listening when it closes, and an
 *     `error` that nobody listens to ends the process.
 *  2. BullMQ asks for the server's facts once, and is dead for good where the connection breaks right
 *     then. Here the question is asked until it is answered.
 *  3. BullMQ asks for the next job again at once when Redis answers with an error (it is loading its
 *     data, or out of memory). Here a pause comes between.
 */
export function openBullConnection(client: DuplicableRedisClient): BullConnection {
  // What the engine has to say of a job that has ended is kept until Redis is back.
  const raw = client.duplicate({ disableOfflineQueue: false })
  const made: IRedisClient[] = []
  let destroyed = false
  let waiting: PromiseWithResolvers<void> | undefined
  raw.on('ready', () => {
    waiting?.resolve()
    waiting = undefined
  })

  function hardened(adapter: IRedisClient): IRedisClient {
    made.push(adapter)
    adapter.on('error', () => undefined)
    const duplicate = adapter.duplicate.bind(adapter)
    const info = adapter.info.bind(adapter)
    const runCommand = adapter.runCommand.bind(adapter)
    adapter.duplicate = (...args: unknown[]) => hardened(duplicate(...args))
    adapter.info = () => untilAnswered(info, () => destroyed)
    adapter.runCommand = (name, args) =>
      runCommand(name, args).catch(async (error: unknown) => {
        await pause(PAUSE_AFTER_FAULT_MS)
        throw error
      })
    return adapter
  }

  return {
    client: hardened(createNodeRedisClient(raw)),
    get isReady() {
      return raw.isReady
    },
    async whenReady() {
      if (!raw.isReady) await (waiting ??= Promise.withResolvers()).promise
    },
    destroy() {
      destroyed = true
      for (const adapter of made) adapter.disconnect()
    },
  }
}

async function untilAnswered<Answer>(ask: () => Promise<Answer>, isOver: () => boolean): Promise<Answer> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (isOver()) throw error
      await pause(PAUSE_AFTER_FAULT_MS)
    }
  }
}
