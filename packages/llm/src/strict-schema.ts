import { z } from 'zod'

/** JSON Schema in the part that strict structured output takes everywhere. */
export interface StrictSchema {
  [keyword: string]: unknown
}

/** What every provider's strict mode understands. Bounds and patterns are left out here: some refuse them, and zod checks the answer anyway. */
const KEPT = ['type', 'description', 'enum', 'const', '$ref'] as const

/**
 * A zod schema as JSON Schema for `response_format: json_schema` with `strict: true`: every object is
 * closed and every property required. A property that may be missing must be nullable (`.nullish()`),
 * because null is how a strict answer leaves something out.
 *
 * @throws TypeError for what strict mode cannot say: a record, an unknown, an optional that is not nullable.
 */
export function toStrictSchema(schema: z.ZodType): StrictSchema {
  return strict(z.toJSONSchema(schema), 'the schema')
}

function strict(node: z.core.JSONSchema._JSONSchema, path: string): StrictSchema {
  if (typeof node === 'boolean') throw new TypeError(`${path} allows anything, which strict structured output cannot say`)
  const result: StrictSchema = {}
  for (const keyword of KEPT) if (node[keyword] !== undefined) result[keyword] = node[keyword]
  const alternatives = node.anyOf ?? node.oneOf
  if (alternatives) result['anyOf'] = alternatives.map((one, index) => strict(one, `${path}|${index}`))
  if (node.$defs) result['$defs'] = mapValues(node.$defs, (one, name) => strict(one, `${path}#${name}`))
  if (node.prefixItems || Array.isArray(node.items)) throw new TypeError(`${path} is a tuple, which strict structured output cannot say`)
  if (node.items !== undefined) result['items'] = strict(node.items, `${path}[]`)
  if ([node.type].flat().includes('object')) Object.assign(result, strictObject(node, path))
  if (Object.keys(result).every((keyword) => keyword === 'description'))
    throw new TypeError(`${path} allows anything, which strict structured output cannot say`)
  return result
}

function strictObject(node: z.core.JSONSchema.BaseSchema, path: string): StrictSchema {
  if (!node.properties) throw new TypeError(`${path} is a record, which strict structured output cannot say`)
  const properties = mapValues(node.properties, (one, name) => strict(one, `${path}.${name}`))
  for (const name of Object.keys(properties)) {
    if (!node.required?.includes(name) && !allowsNull(node.properties[name]))
      throw new TypeError(`${path}.${name} may be missing but not null; make it nullish`)
  }
  return { properties, required: Object.keys(properties), additionalProperties: false }
}

function allowsNull(node: z.core.JSONSchema._JSONSchema | undefined): boolean {
  if (typeof node !== 'object') return false
  return [node.type].flat().includes('null') || (node.anyOf ?? node.oneOf ?? []).some(allowsNull)
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From, key: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}
