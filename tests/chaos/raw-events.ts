import { randomUUID } from 'node:crypto'

import { EXTENSIONS, SERVICE_HEADERS, sessionEventSchema, type SessionEvent } from '@signalbox/contracts'
import { readSse } from '@signalbox/testing'

import { OWNER } from './client.ts'
import type { Replica } from './replica.ts'

interface Labelled {
  metadata?: Record<string, unknown>
}

interface Frame {
  result?: { task?: object; statusUpdate?: Labelled; artifactUpdate?: { artifact?: Labelled } }
  error?: { message: string }
}

/**
 * A session's events after the one numbered `after`, just as they stand on the wire: no client of ours
 * between, which would mend what is told twice.
 */
export async function* rawEvents(replica: Replica, id: string, after: number, signal: AbortSignal): AsyncGenerator<SessionEvent> {
  const response = await fetch(replica.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'accept': 'text/event-stream',
      'a2a-version': '1.0',
      'last-event-id': String(after),
      [SERVICE_HEADERS.owner]: OWNER,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method: 'SubscribeToTask', params: { id } }),
    signal,
  })
  for await (const { id: number, data } of readSse(response)) {
    if (data === undefined) continue
    const { result, error } = JSON.parse(data) as Frame
    if (error) throw new Error(error.message)
    if (result?.task) continue
    const metadata = result?.statusUpdate?.metadata ?? result?.artifactUpdate?.artifact?.metadata
    const event = sessionEventSchema.parse(metadata?.[EXTENSIONS.sessionEvents])
    if (String(event.seq) !== number) throw new Error(`event ${event.seq} went out as number ${number}`)
    yield event
  }
}
