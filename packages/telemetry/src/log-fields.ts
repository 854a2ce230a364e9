import { ROOT_CONTEXT, type Context, type Span } from '@opentelemetry/api'

import { activeScope, runInScope, SpanScope, type LogFields } from './async-scope.ts'

/** Runs `work` with these fields on every log line, added to those already there. */
export function withLogFields<Result>(fields: LogFields, work: () => Result): Result {
  const outside = activeScope()
  return runInScope({ context: outside?.context ?? ROOT_CONTEXT, fields: { ...outside?.fields, ...fields } }, work)
}

/** The same inside a span, whose parent is given as well: both for the price of one. */
export function withSpanAndLogFields<Result>(inside: { span: Span; parent: Context }, fields: LogFields, work: () => Result): Result {
  return runInScope(new SpanScope(inside.span, inside.parent, { ...activeScope()?.fields, ...fields }), work)
}

/** Adds fields to the work that is under way, for what becomes known on the way (a session's id). */
export function addLogFields(fields: LogFields): void {
  const current = activeScope()
  if (current) Object.assign(current.fields, fields)
}

export function activeLogFields(): LogFields {
  return activeScope()?.fields ?? {}
}
