import { AsyncLocalStorage } from 'node:async_hooks'

/** The ids that every log line of a piece of work carries, so that nobody passes them by hand. */
export interface LogFields {
  request_id?: string
  session_id?: string
  task_id?: string
  node_id?: string
}

const storage = new AsyncLocalStorage<LogFields>()

/** Runs `work` with these fields on every log line, added to those already there. */
export function withLogFields<Result>(fields: LogFields, work: () => Result): Result {
  return storage.run({ ...storage.getStore(), ...fields }, work)
}

/** Adds fields to the work that is under way, for what becomes known on the way (a session's id). */
export function addLogFields(fields: LogFields): void {
  const current = storage.getStore()
  if (current) Object.assign(current, fields)
}

export function activeLogFields(): LogFields {
  return storage.getStore() ?? {}
}
