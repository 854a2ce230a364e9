import { createServer, type Server, type Socket } from 'node:net'

import { createGateConnection } from './gate-connection.ts'
import { createTurns } from './turns.ts'

/**
 * Lets any number of Postgres clients share a backend that has one session.
 *
 *  G1. A connection owns the backend from the first message of a batch until the backend says that
 *      it is idle again, outside any transaction. The others wait in line.
 *  G2. A batch goes to the backend whole, when it is complete (Sync, Flush or a simple query).
 *  G3. A connection that goes away while it owns the backend, or lets it wait for too long, is rolled back.
 *  G4. COPY from a client is refused before the backend sees it: it would wait for more than a batch
 *      holds, and everybody with it.
 *  G5. Nobody gets in without the password, which only the process that started us knows; nobody who
 *      has not said it yet may stay for long or send much.
 */
export interface GateOptions {
  execute: (batch: Uint8Array) => Promise<Uint8Array>
  password: string
  /** How long a connection may keep the backend waiting, milliseconds. */
  idleInTransactionMs: number
  /** The backend itself failed, not a statement: nothing more can come from it. */
  onBroken: (error: unknown) => void
}

export interface Gate {
  server: Server
  /** Takes no more connections and ends those there are. */
  close(): void
}

const MOST_CONNECTIONS = 256

/** Opens the gate; the caller makes its server listen. */
export function createPgwireGate(options: GateOptions): Gate {
  const turns = createTurns<Socket>()
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = createGateConnection(socket, turns, options)
    sockets.add(socket)
    socket.on('data', connection.read)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      connection.gone()
    })
  })
  server.maxConnections = MOST_CONNECTIONS
  return {
    server,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
