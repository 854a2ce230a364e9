import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { AppError } from '@signalbox/errors'

import { fold } from '../session-subject.ts'
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

export interface DatabaseOptions {
  path: string
  /** What is kept there, as errors call it: `session store`. */
  name: string
  /** Each takes the file one version further; `user_version` says how many were applied. */
  migrations: readonly string[]
  /** `normal` survives a killed process; `full` survives a power cut too, at some milliseconds a transaction. */
  synchronous: 'normal' | 'full'
}

/**
 * Opens the file, made where it is missing and brought to the newest shape. WAL, so that readers and
 * the one writer do not wait for each other; a busy timeout, so that writers of several processes take
 * turns.
 * @throws AppError `unavailable`, not retryable.
 */
export function openDatabase({ path, name, migrations, synchronous }: DatabaseOptions): Database {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true })
    try {
      // For texts that are searched: SQLite by itself knows the case of ASCII only.
      file.function('fold', { deterministic: true }, (text) => fold(String(text)))
      file.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`)
      const database = speakTo(file, name)
      migrate(file, database, migrations)
      return database
    } catch (error) {
      file.close()
      throw error
    }
  } catch (error) {
    throw new AppError('unavailable', `The ${name} ${path} cannot be opened: ${reasonOf(error)}. Its folder must be one that can be written to.`, {
      cause: error,
      retryable: false,
    })
  }
}

function speakTo(file: DatabaseSync, name: string): Database {
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? file.prepare(sql)
    statements.set(sql, known)
    return known
  }
  const database: Database = {
    run: (sql, ...values) => attempt(name, () => Number(prepared(sql).run(...values).changes)),
    get: <Row>(sql: string, ...values: SQLInputValue[]) => attempt(name, () => prepared(sql).get(...values) as Row | undefined),
    all: <Row>(sql: string, ...values: SQLInputValue[]) => attempt(name, () => prepared(sql).all(...values) as Row[]),
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

function attempt<Result>(name: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw toStoreError(error, name)
  }
}

function migrate(file: DatabaseSync, database: Database, migrations: readonly string[]): void {
  database.transaction(() => {
    const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
    if (version > migrations.length) throw new Error('it was written by a newer version of Signalbox')
    for (const migration of migrations.slice(version)) file.exec(migration)
    if (version < migrations.length) file.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

function reasonOf(error: unknown): string {
  const { message } = (error instanceof AppError ? error.cause : error) as Error
  return message.replace(/\.$/, '')
}
