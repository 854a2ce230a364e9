import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import { refuseWithoutOneHost } from './refuse-unreadable.ts'

test('a Host that is none is refused, whatever was asked before it', async () => {
  const server = createServer({ requireHostHeader: false }, (incoming, outgoing) => {
    if (!refuseWithoutOneHost(incoming, outgoing)) outgoing.end('taken')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const ask = async (host: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
    return (await text(socket)).slice(9, 12)
  }

  expect(await ask('Host: \r\n')).toBe('400')
  expect(await ask('Host: gateway:8080\r\n')).toBe('200')
  expect(await ask('Host: gateway:8080\r\n')).toBe('200')
  expect(await ask('Host: gateway:99999\r\n')).toBe('400')
  expect(await ask('Host: \r\n')).toBe('400')
  expect(await ask('')).toBe('400')
  expect(await ask('Host: gateway:8080\r\nHost: gateway:8080\r\n')).toBe('400')
  server.close()
})
