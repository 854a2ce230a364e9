import type { RedisClient } from './open-redis.ts'

/** What is published, as far as it is listened to. Redis keeps none of it for who is not there. */
export interface Channels {
  /**
   * Calls `heard` for each message on the channel, and whenever one may have been missed: when listening has
   * begun, and after the connection was lost. Stops by calling what it answers.
   */
  hear(channel: string, heard: () => void): () => void
}

/** Listens on one connection for everybody in this process. */
export function hearChannels(subscriber: RedisClient): Channels {
  const wanted = new Map<string, Set<() => void>>()
  const listening = new Set<string>()
  const tell = (_message: string, channel: string): void => wanted.get(channel)?.forEach((heard) => heard())

  function subscribe(channel: string): void {
    subscriber.subscribe(channel, tell).then(
      () => {
        listening.add(channel)
        if (wanted.has(channel)) tell('', channel)
        else unsubscribe(channel)
      },
      // The connection was lost: it is asked for again when there is one.
      () => undefined,
    )
  }

  function unsubscribe(channel: string): void {
    if (!listening.delete(channel)) return
    // One that cannot be said is forgotten with the connection, or hears what nobody listens to.
    subscriber.unsubscribe(channel, tell).catch(() => undefined)
  }

  // Those that were listened to are subscribed to again by the client itself, before it is ready.
  subscriber.on('ready', () => {
    for (const channel of wanted.keys()) {
      if (listening.has(channel)) tell('', channel)
      else subscribe(channel)
    }
  })

  return {
    hear(channel, heard) {
      const those = wanted.get(channel)
      if (those) those.add(heard)
      else {
        wanted.set(channel, new Set([heard]))
        subscribe(channel)
      }
      return () => {
        const rest = wanted.get(channel)
        if (!rest?.delete(heard) || rest.size > 0) return
        wanted.delete(channel)
        unsubscribe(channel)
      }
    },
  }
}
