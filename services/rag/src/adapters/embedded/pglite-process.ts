import type { AddressInfo } from 'node:net'

import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'

import { createPgwireGate } from './pgwire-gate.ts'

/**
 * The embedded Postgres, as a process of its own: PGlite works synchronously, so a long query would
 * stop every other thing in the service. Ends when its parent does.
 */
const folder = process.argv[2] as string
const wantedPort = Number(process.argv[3] ?? 0)
const password = process.env['SIGNALBOX_PGLITE_PASSWORD'] as string
const IDLE_IN_TRANSACTION_MS = 30_000

// Before the database opens: from here on a parent that dies takes us with it.
process.on('disconnect', () => void close())
process.on('message', (message) => void (message === 'close' && close()))
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

const database = new PGlite({ dataDir: folder, extensions: { vector } })
await database.waitReady
const gate = createPgwireGate({ execute: (batch) => database.execProtocolRaw(batch), password, idleInTransactionMs: IDLE_IN_TRANSACTION_MS })
gate.listen(wantedPort, '127.0.0.1', () => process.send?.({ port: (gate.address() as AddressInfo).port }))

async function close(): Promise<void> {
  gate.close()
  await database.close()
  process.exit()
}
