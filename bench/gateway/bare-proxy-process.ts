import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Agent } from 'undici'

import { answerUsage } from './answer-usage.ts'

/** The floor that the gateway is held against: node:http and undici's `dispatch`, bytes through, and nothing else. */
const upstream = process.argv[2] as string
const agent = new Agent({ connections: 256, pipelining: 1 })

const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    agent.dispatch(
      { origin: upstream, path: request.url ?? '/', method: 'POST', headers: { 'content-type': 'application/json' }, body: Buffer.concat(pieces) },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status, headers) => void response.writeHead(status, headers as Record<string, string>),
        onResponseData: (_controller, chunk) => void response.write(chunk),
        onResponseEnd: () => void response.end(),
        onResponseError: () => response.destroy(),
      },
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
answerUsage()
