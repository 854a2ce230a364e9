import { AppError } from '@signalbox/errors'
import postgres, { type Sql } from 'postgres'

import { MIGRATIONS } from './migrations.ts'

export type Database = Sql

const MIGRATION_LOCK = 7_221_341

/**
 * Lists travel as JSON, never as arrays: for arrays the driver would ask each new connection for its
 * types, and a server that goes away at that moment leaves a rejection that nobody can catch.
 *
 * Connects to a Postgres with pgvector and brings its tables to the newest shape.
 * @throws AppError `unavailable` in one line, without the URL: it holds a password.
 */
export async function openDatabase(url: string, options: { connections: number }): Promise<Database> {
  const sql = postgres(url, {
    max: options.connections,
    connect_timeout: 10,
    idle_timeout: 0,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'signalbox-rag' },
  })
  try {
    await migrate(sql)
    return sql
  } catch (error) {
    await sql.end({ timeout: 1 })
    const { code, message } = error as { code?: string; message?: string }
    throw new AppError('unavailable', `The knowledge database cannot be used (${code ?? 'error'}): ${String(message).split('\n')[0]}`, { cause: error })
  }
}

async function migrate(sql: Sql): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL)`
  await sql.begin(async (transaction) => {
    // On a shared server only one service migrates; the embedded one has a single session anyway.
    await transaction`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`
    const [row] = await transaction<{ version: number }[]>`SELECT max(version) AS version FROM schema_version`
    const version = row?.version ?? 0
    if (version > MIGRATIONS.length) throw new AppError('unavailable', `its tables were made by a newer version (${version})`)
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue
      await transaction.unsafe(migration)
      await transaction`INSERT INTO schema_version (version) VALUES (${index + 1})`
    }
  })
}
