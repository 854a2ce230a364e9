/*
 * A list that lives and does not jump: what is new waits until it is asked for, and what is gone stays where it
 * was, until the list is laid anew.
 *
 *  S1. A row that is shown keeps its place, and no other is put before it.
 *  S2. What comes after the last row that is known is appended: it was asked for, or moves nothing.
 *  S3. An empty list has nothing that could jump, and shows what comes at once.
 */
export interface SteadyList<Row extends { id: string }> {
  rows: readonly Row[]
  /** Ids of shown rows that the list does not hold any more. */
  gone: ReadonlySet<string>
  /** Those that are not shown yet. */
  fresh: readonly Row[]
}

export const NO_ROWS: SteadyList<never> = { rows: [], gone: new Set(), fresh: [] }

/** Takes in the list as the server has it now. */
export function withLatest<Row extends { id: string }>(list: SteadyList<Row>, latest: readonly Row[]): SteadyList<Row> {
  const known = new Set(list.rows.map(({ id }) => id))
  const now = new Map(latest.map((row) => [row.id, row]))
  const gone = new Set(list.rows.flatMap(({ id }) => (now.has(id) ? [] : [id])))
  if (gone.size === known.size) return { rows: gone.size === 0 || latest.length > 0 ? [...list.rows, ...latest] : list.rows, gone, fresh: [] }
  const lastKnown = latest.findLastIndex(({ id }) => known.has(id))
  return {
    rows: [...list.rows.map((row) => now.get(row.id) ?? row), ...latest.slice(lastKnown + 1)],
    gone,
    fresh: latest.slice(0, lastKnown).filter(({ id }) => !known.has(id)),
  }
}

/** The list as the server has it, laid anew. */
export function laidAnew<Row extends { id: string }>(latest: readonly Row[]): SteadyList<Row> {
  return { rows: latest, gone: new Set(), fresh: [] }
}

/** A shown row as it is known to be by now. */
export function withRow<Row extends { id: string }>(list: SteadyList<Row>, row: Row): SteadyList<Row> {
  return { ...list, rows: list.rows.map((shown) => (shown.id === row.id ? row : shown)) }
}

/** The row that is gone to from here; the nearest one that is not gone where nothing else is said. */
export function nextAfter<Row extends { id: string }>({ rows, gone }: SteadyList<Row>, id: string | undefined, isOver: (row: Row) => boolean): Row | undefined {
  const at = rows.findIndex((row) => row.id === id)
  const isOpen = (row: Row): boolean => row.id !== id && !gone.has(row.id) && !isOver(row)
  return rows.slice(at + 1).find(isOpen) ?? rows.slice(0, Math.max(at, 0)).findLast(isOpen)
}

/** One row down or up, and not beyond the ends. */
export function moved<Row extends { id: string }>({ rows }: SteadyList<Row>, id: string | undefined, by: 1 | -1): Row | undefined {
  const at = rows.findIndex((row) => row.id === id)
  if (at === -1) return by === 1 ? rows[0] : rows.at(-1)
  return rows[Math.min(Math.max(at + by, 0), rows.length - 1)]
}
