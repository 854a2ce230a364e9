import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { eventually } from '@signalbox/testing'

/** Somebody who takes every message. */
export interface WebhookReceiver extends AsyncDisposable {
  url: string
  /** The link in the message that tells of an approval of this title. */
  linkOf(title: string): Promise<string>
}

interface Told {
  type: string
  data: { title?: string; url: string }
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const told: Told[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      told.push(JSON.parse(body) as Told)
      response.writeHead(204).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    linkOf: (title) =>
      eventually(`a message about “${title}”`, () => told.find(({ type, data }) => type === 'approval.requested' && data.title === title)?.data.url, 20_000),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
