import { ROOT_CONTEXT, type Context } from '@opentelemetry/api'

import { activeScope, runInScope, type LogFields } from './async-scope.ts'

/** Runs `work` with these fields on every log line, added to those already there; and in `context`, where one is given. */
export function withLogFields<Result>(fields: LogFields, work: () => Result, context?: Context): Result {
  const outside = activeScope()
  return runInScope({ context: context ?? outside?.context ?? ROOT_CONTEXT, fields: { ...outside?.fields, ...fields } }, work)
}

/** Adds fields to the work that is under way, for what becomes known on the way (a session's id). */
export function addLogFields(fields: LogFields): void {
  const current = activeScope()
  if (current) Object.assign(current.fields, fields)
}

export function activeLogFields(): LogFields {
  return activeScope()?.fields ?? {}
}
