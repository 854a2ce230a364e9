import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'

import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'

import { lockFolder } from './folder-lock.ts'
import { createPgwireGate, type Gate } from './pgwire-gate.ts'

/**
 * The embedded Postgres, as a process of its own: PGlite works synchronously, so a long query would
 * stop every other thing in the service. Answers `ping` while it can, and ends when its parent says
 * `close`, or is gone.
 */
const folder = process.argv[2] as string
const wantedPort = Number(process.argv[3] ?? 0)
const password = process.env['SIGNALBOX_PGLITE_PASSWORD'] as string
const IDLE_IN_TRANSACTION_MS = 30_000
/** One whose parent was killed a moment ago is about to go. */
const LOCK_WAIT_MS = 3_000

let lock: Awaited<ReturnType<typeof lockFolder>> | undefined
let database: PGlite | undefined
let gate: Gate | undefined
let closing = false

// Before anything is opened: from here on a parent that dies takes us with it.
process.on('disconnect', () => void close(0))
process.on('message', (message) => {
  if (message === 'close') void close(0)
  else if (message === 'ping') process.send?.('pong')
})
// Ctrl-C reaches every process of the terminal; the parent says when its last query is through.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

try {
  lock = await lockFolder(dirname(folder), { waitMs: LOCK_WAIT_MS })
  database = new PGlite({ dataDir: folder, extensions: { vector } })
  await database.waitReady
  const backend = database
  gate = createPgwireGate({
    execute: (batch) => backend.execProtocolRaw(batch),
    password,
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    onBroken: (error) => void fail(error),
  })
  gate.server.listen(wantedPort, '127.0.0.1')
  await once(gate.server, 'listening')
  process.send?.({ port: (gate.server.address() as AddressInfo).port })
} catch (error) {
  await fail(error)
}

/** The parent learns why, and starts the next one. */
async function fail(error: unknown): Promise<void> {
  const failure = error instanceof Error ? error.message : String(error)
  if (process.connected) await new Promise((resolve) => process.send?.({ failure }, resolve))
  await close(1)
}

async function close(code: number): Promise<void> {
  if (closing) return
  closing = true
  gate?.close()
  // One that never came up, or broke, cannot be closed in order; its files are as safe as after a kill.
  await database?.close().catch(() => undefined)
  await lock?.release()
  // Nobody may be left to end us, should the engine keep something open.
  process.exit(code)
}
