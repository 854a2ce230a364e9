import type { z } from 'zod'

/** What is known of a schema's fields, worked out once. */
interface Fields {
  byName: ReadonlyMap<string, z.ZodType>
  required: readonly string[]
}

const known = new WeakMap<z.ZodObject, Fields>()

/**
 * Whether a value is as a schema of many optional fields wants it, looking only at the fields that are there: of some
 * forty, a request brings four. False may also mean that only the schema itself can tell; why a value does not fit is
 * its to say as well. For schemas whose fields change nothing of what they read, and that have no rules over several.
 */
export function fitsSchema<Schema extends z.ZodObject>(value: unknown, schema: Schema): value is z.infer<Schema> {
  if (!isObject(value) || Object.hasOwn(value, '__proto__')) return false
  let fields = known.get(schema)
  if (!fields) known.set(schema, (fields = toFields(schema)))
  for (const name of fields.required) if (!Object.hasOwn(value, name)) return false
  for (const name in value) {
    const field = fields.byName.get(name)
    if (field && !field.safeParse(value[name]).success) return false
  }
  return true
}

function toFields({ shape }: z.ZodObject): Fields {
  const byName = new Map(Object.entries(shape) as [string, z.ZodType][])
  return { byName, required: [...byName].filter(([, field]) => !field.safeParse(undefined).success).map(([name]) => name) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
