import type { Database } from '@signalbox/sessions/sqlite'

/** What a query asks of a row, put together as it is needed, so that each set of conditions has the index that suits it. */
export interface Conditions {
  values: (string | number)[]
  add(sql: string, ...values: (string | number)[]): void
  sql(): string
}

export function createConditions(): Conditions {
  const parts: string[] = []
  const values: (string | number)[] = []
  return {
    values,
    add(sql, ...more) {
      parts.push(sql)
      values.push(...more)
    },
    sql: () => (parts.length > 0 ? parts.join(' AND ') : 'TRUE'),
  }
}

export function countRows(database: Database, table: string, { sql, values }: Conditions): number {
  return database.get<{ count: number }>(`SELECT count(*) AS count FROM ${table} WHERE ${sql()}`, ...values)?.count ?? 0
}
