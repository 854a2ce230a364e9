import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A wire to a server that can be cut where it hurts: for tests. */
export interface FaultyWire extends AsyncDisposable {
  port: number
  /** The next request that holds these words reaches the server; its answer is lost with the connection. Settles when that has happened. */
  loseAnswerTo(words: string): Promise<void>
  /** Connections that are open fall silent, as if the machine had vanished; new ones are as they should be. */
  deafen(): void
}

export async function openFaultyWire(serverPort: number): Promise<FaultyWire> {
  const deaf = new WeakSet<Socket>()
  const open = new Set<Socket>()
  let toLose: { words: string; lost: () => void } | undefined

  const wire = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1')
    let losing: (() => void) | undefined
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (deaf.has(client)) return
      if (toLose && bytes.includes(toLose.words)) {
        losing = toLose.lost
        toLose = undefined
      }
      server.write(bytes)
    })
    server.on('data', (bytes) => {
      if (deaf.has(client)) return
      if (losing) {
        client.destroy()
        losing()
      } else client.write(bytes)
    })
  })
  wire.listen(0, '127.0.0.1')
  await once(wire, 'listening')
  return {
    port: (wire.address() as AddressInfo).port,
    loseAnswerTo(words) {
      const { promise, resolve } = Promise.withResolvers<void>()
      toLose = { words, lost: resolve }
      return promise
    },
    deafen: () => open.forEach((socket) => deaf.add(socket)),
    async [Symbol.asyncDispose]() {
      wire.close()
      open.forEach((socket) => socket.destroy())
    },
  }
}
