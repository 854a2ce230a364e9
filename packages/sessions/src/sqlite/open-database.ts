import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { AppError } from '@signalbox/errors'

import { MIGRATIONS } from './migrations.ts'
import { toStoreError } from './store-error.ts'

/** A SQLite file, spoken to in statements that are prepared once. What it throws are errors of the store. */
export interface Database {
  /** Runs a statement; answers how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number
  /** The first row. The caller names the row's shape; the tables are STRICT, so it is as the statement says. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[]
  /** All of `work` or, when it throws, nothing of it. It takes its turn among all processes on the file. */
  transaction<Result>(work: () => Result): Result
  close(): void
}

/**
 * Opens the file, made where it is missing and brought to the newest shape. WAL, so that readers and
 * the one writer do not wait for each other; a busy timeout, so that writers of several processes take
 * turns.
 */
export function openDatabase(path: string, synchronous: 'normal' | 'full'): Database {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true })
    try {
      file.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`)
      const database = speakTo(file)
      migrate(file, database)
      return database
    } catch (error) {
      file.close()
      throw error
    }
  } catch (error) {
    throw new AppError('unavailable', `The session store ${path} cannot be opened: ${reasonOf(error)}. Its folder must be one that can be written to.`, {
      cause: error,
      retryable: false,
    })
  }
}

function speakTo(file: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? file.prepare(sql)
    statements.set(sql, known)
    return known
  }
  const database: Database = {
    run: (sql, ...values) => attempt(() => Number(prepared(sql).run(...values).changes)),
    get: <Row>(sql: string, ...values: SQLInputValue[]) => attempt(() => prepared(sql).get(...values) as Row | undefined),
    all: <Row>(sql: string, ...values: SQLInputValue[]) => attempt(() => prepared(sql).all(...values) as Row[]),
    transaction(work) {
      // IMMEDIATE takes the write lock at once: a transaction that has read never finds that it may not write.
      database.run('BEGIN IMMEDIATE')
      try {
        const result = work()
        database.run('COMMIT')
        return result
      } catch (error) {
        // A full disk makes SQLite roll back by itself.
        if (file.isTransaction) database.run('ROLLBACK')
        throw error
      }
    },
    close() {
      if (file.isOpen) file.close()
    },
  }
  return database
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw toStoreError(error)
  }
}

function migrate(file: DatabaseSync, database: Database): void {
  database.transaction(() => {
    const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
    if (version > MIGRATIONS.length) throw new Error('it was written by a newer version of Signalbox')
    for (const migration of MIGRATIONS.slice(version)) file.exec(migration)
    if (version < MIGRATIONS.length) file.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  })
}

function reasonOf(error: unknown): string {
  const { message } = (error instanceof AppError ? error.cause : error) as Error
  return message.replace(/\.$/, '')
}
