import { AppError, type ErrorCode } from '@signalbox/errors'
import type { z } from 'zod'

/** Checks what came in against a schema, and says which field is wrong in the sender's words. */
export function readWire<Schema extends z.ZodType>(schema: Schema, value: unknown, whose: { code: ErrorCode; subject: string }): z.infer<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = deepest(result.error.issues)
  const param = toPath(issue?.path ?? [])
  const what = issue?.message ?? 'is wrong'
  throw new AppError(whose.code, param === '' ? `${whose.subject}: ${what}` : `${whose.subject}: ${param}: ${what}`, param === '' ? {} : { param })
}

type Issue = z.core.$ZodIssue

/** Of a union's branches, the one that came furthest is the one the sender meant. */
function deepest(issues: readonly Issue[]): Issue | undefined {
  const [first] = issues
  if (first?.code !== 'invalid_union' || first.errors.length === 0) return first
  const inner = first.errors.map(deepest).filter((issue) => issue !== undefined)
  const furthest = inner.toSorted((one, other) => other.path.length - one.path.length)[0]
  return furthest && { ...furthest, path: [...first.path, ...furthest.path] }
}

function toPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`), '')
}
