import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { KEY } from '../gateway/targets.ts'
import { PATIENCE_MS } from './upstream.ts'

export interface Ask {
  path: string
  body: object
  headers?: Record<string, string>
}

/** A caller on a bare socket, that can leave at an instant it knows. */
export interface Caller {
  /** Settles when the first bytes of an answer's body are there. */
  hasHeard(): Promise<void>
  /** Everything that came, as text. */
  readonly text: string
  /** Closes the connection, and answers when, in nanoseconds of the monotonic clock. */
  leave(): bigint
}

export async function ask(origin: string, { path, body, headers = {} }: Ask): Promise<Caller> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  const bytes = JSON.stringify(body)
  const lines = { host, 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(bytes)), ...headers }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  const heard: string[] = []
  socket.setEncoding('utf8').on('data', (piece: string) => heard.push(piece))
  socket.write(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n${bytes}`)
  return {
    hasHeard: () => untilBody(socket, heard),
    get text() {
      return heard.join('')
    },
    leave() {
      const at = process.hrtime.bigint()
      socket.destroy()
      return at
    },
  }
}

async function untilBody(socket: Socket, heard: string[]): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const bodyOf = (): string => heard.join('').split('\r\n\r\n').slice(1).join('')
  while (bodyOf() === '') await once(socket, 'data', { signal })
}
