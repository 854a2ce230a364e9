import { sessionEventSchema, type NewSessionEvent, type SessionEvent } from '@signalbox/contracts'

import type { EventsRead } from '../follow-events.ts'
import type { DocumentPacker } from '../pack-document.ts'
import type { SessionFacts } from '../session-facts.ts'
import { inboxMessageSchema, type InboxEntry, type StoredSession } from '../session-store.ts'
import type { RedisClient } from './open-redis.ts'
import type { SessionKeys } from './session-keys.ts'

/** Streams are read from behind the entry numbered `after`: theirs are `<number>-0`. */
const behind = (after: number): string => `${after}-1`

/** The session as it is now: events appended since its last save have moved its counter on. */
export async function readSession(client: RedisClient, packer: DocumentPacker, keys: SessionKeys): Promise<StoredSession | undefined> {
  const [json, rev, lastSeq] = await client.hmGet(keys.doc, ['json', 'rev', 'last_seq'])
  if (!json) return undefined
  const unpacked = packer.unpack(json)
  const parts = await readParts(client, keys, unpacked.keys)
  return parts && { document: { ...unpacked.complete(parts), last_seq: Number(lastSeq) }, rev: Number(rev) }
}

/** Undefined where the session went away meanwhile. */
async function readParts(client: RedisClient, keys: SessionKeys, names: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
  const found = new Map<string, string>()
  if (names.length === 0) return found
  const parts = await client.hmGet(keys.parts, [...names])
  for (const [index, name] of names.entries()) {
    const part = parts[index]
    if (part) found.set(name, part)
  }
  return found.size === new Set(names).size || (await client.exists(keys.doc)) ? found : undefined
}

export async function readEvents(client: RedisClient, keys: SessionKeys, after: number, limit: number): Promise<SessionEvent[]> {
  return (await readStream(client, keys.events, after, limit)).map(({ number, json }) =>
    sessionEventSchema.parse({ ...(JSON.parse(json) as object), seq: number }),
  )
}

/** Asked before the events are read: what ended the session was written with its last events. */
export async function readEventsAndEnd(client: RedisClient, keys: SessionKeys, after: number, limit: number): Promise<EventsRead> {
  const [finishedAt, events] = await Promise.all([client.hGet(keys.doc, 'finished_at'), readEvents(client, keys, after, limit)])
  return { events, over: finishedAt !== '' }
}

export async function readInbox(client: RedisClient, keys: SessionKeys, after: number, limit?: number): Promise<InboxEntry[]> {
  const entries = await readStream(client, keys.inbox, after, limit)
  return entries.map(({ number, json }) => ({ position: number, message: inboxMessageSchema.parse(JSON.parse(json)) }))
}

async function readStream(client: RedisClient, key: string, after: number, limit?: number): Promise<{ number: number; json: string }[]> {
  const entries = await client.xRange(key, behind(after), '+', limit === undefined ? {} : { COUNT: limit })
  return (entries ?? []).map(({ id, message }) => ({ number: Number.parseInt(id, 10), json: message['json'] ?? '' }))
}

/** What the scripts are told of a session, in their order: status, updated, finished, wake, dead. */
export function toArguments({ status, updatedAt, finishedAt, wakeAt, dead }: SessionFacts): string[] {
  return [status, String(updatedAt), String(finishedAt ?? ''), String(wakeAt ?? ''), dead ? '1' : '0']
}

export function numbered(events: readonly NewSessionEvent[], after: number): SessionEvent[] {
  return events.map((event, index) => ({ ...event, seq: after + index + 1 }))
}
