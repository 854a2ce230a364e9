import type { SessionDocument } from '@signalbox/contracts'

import { followEvents } from '../follow-events.ts'
import { heedInbox } from '../heed-inbox.ts'
import { createListeners } from '../listeners.ts'
import { createDocumentPacker, type PackedDocument } from '../pack-document.ts'
import { movedOn, noSuchSession, staleLease, takenId } from '../session-errors.ts'
import { factsOf } from '../session-facts.ts'
import { subjectOf } from '../session-subject.ts'
import type { Lease, SessionChange, SessionStore, StoredSession } from '../session-store.ts'
import { createAdmission } from './admission.ts'
import { createAsker } from './ask-redis.ts'
import { listSessions } from './list-sessions.ts'
import { createOldSessions } from './old-sessions.ts'
import type { Redis } from './open-redis.ts'
import { pingRedis } from './ping-redis.ts'
import { numbered, readEvents, readEventsAndEnd, readInbox, readSession, toArguments } from './redis-sessions.ts'
import { createSessionIndex } from './session-index.ts'
import { sessionKeys, type SessionKeys } from './session-keys.ts'
import { ADMIT, APPEND_EVENTS, CREATE, PUSH, RELEASE, RENEW, SAVE } from './session-scripts.ts'
import { expireAbandoned, findUnattended, removeFinished, removeSession } from './sweep-sessions.ts'

export interface RedisSessionStoreOptions {
  /** Stays the caller's: closing the store does not close it. */
  redis: Redis
  /** What the keys begin with. */
  prefix?: string
  /** How often who follows or heeds looks for what was not told, milliseconds. What is written in any process is told at once. */
  pollMs?: number
}

/**
 * The session store of several machines. Each session is a hash (the document, its revision and fence), two
 * streams (inbox and events, numbered by position and seq), a hash of large values, and a lock; what must
 * happen at once is one script.
 */
export function openRedisSessionStore({ redis, prefix = 'signalbox', pollMs = 1_000 }: RedisSessionStoreOptions): SessionStore {
  const { channels } = redis
  // The client's own time limit costs every command a timer, and ends when it is sent: who asks here has a limit of its own.
  const client = redis.client.withCommandOptions({ timeout: 0 })
  const { ask, once, close } = createAsker(redis, 'session store')
  const packer = createDocumentPacker()
  const index = createSessionIndex(client, prefix)
  const admission = createAdmission(client)
  const keysOf = (id: string): SessionKeys => sessionKeys(prefix, id)
  const read = (id: string): Promise<StoredSession | undefined> => readSession(client, packer, keysOf(id))
  const enterOld = createOldSessions({ ask, client, prefix, index })
  const place = { ask, client, prefix, index, read, enterOld }

  const hearing = new Map<string, () => void>()
  const listeners = createListeners({
    onFirst: (id) =>
      hearing.set(
        id,
        channels.hear(keysOf(id).channel, () => listeners.wake(id)),
      ),
    onLast(id) {
      hearing.get(id)?.()
      hearing.delete(id)
    },
    poll: () => listeners.wake(),
    pollMs,
  })

  /** Saves, and lets go where it is to `park`. What is refused says so; only `unread` is an answer. */
  async function write(lease: Lease, change: SessionChange, park: boolean): Promise<StoredSession | 'unread'> {
    const keys = keysOf(lease.id)
    const packed = packer.pack(change.document)
    const facts = factsOf(change.document)
    const { consumed = 0, rev, events } = change
    const args = [
      ...[String(lease.fence), String(rev), park ? '1' : '0', String(consumed), packed.json, ...toArguments(facts), keys.channel, String(events.length)],
      ...events.map((event) => JSON.stringify(event)),
      ...[...packed.parts].flat(),
    ]
    const answer = await once(change, async (op) => {
      // Sent together, and done in this order.
      const [, said] = await Promise.all([
        index.enter(lease.id, facts),
        SAVE(client, [keys.doc, keys.inbox, keys.events, keys.parts, keys.lock, keys.op(op)], args),
      ])
      return String(said)
    })
    if (answer === 'unread') return answer
    const [word, ...numbers] = answer.split(' ')
    const [revNow = 0, lastSeq = 0, wasFinished = 0, wasDead = 0] = numbers.map(Number)
    if (word !== 'saved') {
      await tidy(lease.id, { owner: facts.owner })
      throw word === 'moved' ? movedOn({ rev: revNow, madeFrom: rev }) : refusal(word, lease.id)
    }
    packed.stored()
    const moved = (facts.finishedAt !== undefined) !== (wasFinished === 1) || facts.dead !== (wasDead === 1)
    if (moved) await tidy(lease.id, { owner: facts.owner })
    return { document: { ...change.document, last_seq: lastSeq }, rev: revNow }
  }

  /** The lists are tidied by whoever reads them, too: that it cannot be done now fails nothing. */
  async function tidy(id: string, was: Parameters<typeof index.tidy>[1]): Promise<void> {
    await ask(() => index.tidy(id, was)).catch(() => undefined)
  }

  return {
    async create(document, events) {
      const { id } = document
      const keys = keysOf(id)
      const packed = packer.pack(document, { whole: true })
      const facts = factsOf(document)
      const { parent } = subjectOf(document)
      const args = createArguments(
        document,
        packed,
        keys,
        events.map((event) => JSON.stringify(event)),
      )
      const answer = await once(document, async (op) => {
        const [, said] = await Promise.all([
          index.enterNew(id, facts, parent),
          CREATE(client, [keys.doc, keys.events, keys.parts, keys.op(op)], args),
          // Somebody may have found it in a list before it was there, and taken it out.
          index.enterNew(id, facts, parent),
        ])
        return said
      })
      if (answer !== 'created') {
        await tidy(id, { owner: document.owner, parent })
        throw takenId(id)
      }
      packed.stored()
      return { document: { ...document, last_seq: events.length }, rev: 1 }
    },

    load: (id) => ask(() => read(id)),

    list: (query) => listSessions(place, query),

    async delete(id) {
      const keys = keysOf(id)
      const [owner, parent] = await ask(() => client.hmGet(keys.doc, ['owner', 'parent']))
      await ask(() => removeSession(client, keys))
      await tidy(id, { owner: owner ?? undefined, parent: parent ?? undefined })
    },

    async acquire(id, { holder, leaseMs }) {
      const { doc, lock } = keysOf(id)
      const held = await ask(() => admission.admit(lock, leaseMs))
      if (!held) return undefined
      try {
        const fence = await ask(() => ADMIT(client, [doc, lock], [held.value, String(Math.ceil(leaseMs))]))
        if (fence === 'gone') throw noSuchSession(id)
        return fence === 'held' ? undefined : { id, holder, fence: Number(fence), expiresAt: held.expiration }
      } catch (error) {
        // A lock that cannot be given back runs out by itself.
        void held.release().catch(() => undefined)
        throw error
      }
    },

    async renew({ id, fence }, leaseMs) {
      const { doc, lock } = keysOf(id)
      return (await ask(() => RENEW(client, [doc, lock], [String(fence), String(Math.ceil(leaseMs))]))) === 1
    },

    async release({ id, fence }) {
      const { doc, lock } = keysOf(id)
      await ask(() => RELEASE(client, [doc, lock], [String(fence)]))
    },

    async save(lease, change) {
      return (await write(lease, change, false)) as StoredSession
    },

    async append(lease, events) {
      const keys = keysOf(lease.id)
      const args = [String(lease.fence), keys.channel, ...events.map((event) => JSON.stringify(event))]
      const answer = await once(events, (op) => APPEND_EVENTS(client, [keys.doc, keys.events, keys.op(op)], args))
      const [word, before] = String(answer).split(' ')
      if (word !== 'appended') throw refusal(word, lease.id)
      return numbered(events, Number(before))
    },

    async park(lease, change) {
      return (await write(lease, change, true)) !== 'unread'
    },

    async push(id, message) {
      const keys = keysOf(id)
      const answer = await once(message, (op) => PUSH(client, [keys.doc, keys.inbox, keys.op(op)], [JSON.stringify(message), keys.channel]))
      if (answer !== 'pushed') throw noSuchSession(id)
    },

    inbox: (id) => ask(() => readInbox(client, keysOf(id), 0)),

    heed: (id, signal) =>
      heedInbox(
        () => listeners.listen(id, signal),
        (after, limit) =>
          ask(async () => {
            const keys = keysOf(id)
            const [there, entries] = await Promise.all([client.exists(keys.doc), readInbox(client, keys, after, limit)])
            return there || entries.length > 0 ? entries : undefined
          }),
      ),

    events: (id, after, limit) => ask(() => readEvents(client, keysOf(id), after, limit)),

    follow: (id, after, signal) =>
      followEvents(
        () => listeners.listen(id, signal),
        after,
        (seen, limit) => ask(() => readEventsAndEnd(client, keysOf(id), seen, limit)),
      ),

    unattended: (limit) => findUnattended(place, limit),

    ping: (signal) => pingRedis(ask, client, signal),

    async sweep({ finishedBefore, abandonedBefore }) {
      const removed = await removeFinished(place, finishedBefore.getTime())
      const expired = await expireAbandoned(place, abandonedBefore.getTime())
      return { removed, expired }
    },

    async close() {
      close()
      listeners.close()
    },
  }
}

function createArguments(document: SessionDocument, packed: PackedDocument, keys: SessionKeys, events: string[]): string[] {
  const facts = factsOf(document)
  const { goal, parent, requestId } = subjectOf(document)
  const [status = '', ...rest] = toArguments(facts)
  return [
    packed.json,
    facts.owner,
    status,
    String(facts.createdAt),
    ...rest,
    goal,
    parent,
    requestId,
    keys.channel,
    String(events.length),
    ...events,
    ...[...packed.parts].flat(),
  ]
}

function refusal(word: string | undefined, id: string): Error {
  return word === 'stale' ? staleLease(id) : noSuchSession(id)
}
