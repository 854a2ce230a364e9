import { setImmediate as pause } from 'node:timers/promises'

import type { Database } from './open-database.ts'
import { insertEvents } from './session-rows.ts'

/** How many sessions one transaction deletes: few enough that a save in another process does not have to wait long. */
const BATCH = 50

/** Deletes sessions without dead letters that finished before `before` (milliseconds), with all that belongs to them; answers how many. */
export async function removeFinished(database: Database, before: number): Promise<number> {
  let removed = 0
  for (;;) {
    const ids = database.all<{ id: string }>('SELECT id FROM sessions WHERE finished_at IS NOT NULL AND finished_at < ? AND NOT dead LIMIT ?', before, BATCH)
    if (ids.length === 0) return removed
    database.transaction(() => {
      for (const { id } of ids) removed += database.run('DELETE FROM sessions WHERE id = ?', id)
    })
    if (ids.length < BATCH) return removed
    await pause()
  }
}

/** Marks unfinished sessions expired that nobody holds and that did not change since `before` (milliseconds); answers which. */
export function expireAbandoned(database: Database, before: number, now: Date): string[] {
  return database.transaction(() => {
    const abandoned = database.all<{ id: string; last_seq: number }>(
      'SELECT id, last_seq FROM sessions WHERE finished_at IS NULL AND updated_at < ? AND lease_expires_at <= ?',
      before,
      now.getTime(),
    )
    for (const { id, last_seq } of abandoned) {
      // The fence is raised as an acquire would: a holder that was thought dead must not write over this.
      database.run(
        `UPDATE sessions SET status = 'expired', rev = rev + 1, fence = fence + 1, last_seq = last_seq + 1, lease_holder = NULL, updated_at = ?, finished_at = ? WHERE id = ?`,
        now.getTime(),
        now.getTime(),
        id,
      )
      // In SQL, so that a document which cannot be read any more does not stand in the way of all others.
      database.run(
        `UPDATE documents SET json = json_set(json, '$.status', 'expired', '$.updated_at', ?, '$.finished_at', ?) WHERE session = ?`,
        now.toISOString(),
        now.toISOString(),
        id,
      )
      insertEvents(database, id, last_seq, [{ type: 'session.expired', at: now.toISOString() }])
    }
    return abandoned.map(({ id }) => id)
  })
}
