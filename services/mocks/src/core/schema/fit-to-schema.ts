/** A JSON Schema, in the part that structured output uses. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

const MAX_DEPTH = 32

/**
 * Bends a value to a JSON Schema, so that we can answer in whatever dialect the caller asks for:
 * keys that the schema does not declare are dropped, and required ones that are missing are filled
 * with the emptiest value it allows (null before anything else). `undefined` makes the emptiest
 * value of all.
 */
export function fitToSchema(value: unknown, schema: JsonSchema): unknown {
  return fit(value, schema, schema, 0)
}

function fit(value: unknown, schema: unknown, root: JsonSchema, depth: number): unknown {
  const rule = resolve(schema, root)
  if (rule === undefined || depth > MAX_DEPTH) return value ?? null
  if ('const' in rule) return rule['const']
  const choices = listOf(rule['enum'])
  if (choices.length > 0) return choices.includes(value) ? value : choices.includes(null) ? null : choices[0]

  const branches = [...listOf(rule['anyOf']), ...listOf(rule['oneOf'])]
  if (branches.length > 0) return fit(value, pickBranch(value, branches, root), root, depth + 1)
  const merged = listOf(rule['allOf'])
  if (merged.length > 0) return merged.reduce<unknown>((result, part) => fit(result, part, root, depth + 1), value)

  const types = typesOf(rule)
  if (types.length === 0) return value ?? null
  if (value === undefined || value === null) return types.includes('null') ? null : emptiest(types[0] as string, rule, root, depth)
  if (!types.includes(typeOf(value)) && !(typeOf(value) === 'integer' && types.includes('number'))) return fit(undefined, rule, root, depth)
  if (Array.isArray(value)) return value.map((item) => fit(item, rule['items'] ?? true, root, depth + 1))
  if (isRecord(value)) return fitObject(value, rule, root, depth)
  return value
}

function fitObject(value: Record<string, unknown>, rule: Record<string, unknown>, root: JsonSchema, depth: number): Record<string, unknown> {
  const properties = isRecord(rule['properties']) ? rule['properties'] : {}
  const required = new Set(listOf(rule['required']))
  const fitted: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(properties)) {
    if (value[key] !== undefined || required.has(key)) fitted[key] = fit(value[key], part, root, depth + 1)
  }
  const others = rule['additionalProperties']
  // An object that declares nothing is a free one; one that declares keys keeps to them.
  if (others === false || (others === undefined && Object.keys(properties).length > 0)) return fitted
  for (const [key, item] of Object.entries(value)) if (!(key in properties)) fitted[key] = fit(item, others ?? true, root, depth + 1)
  return fitted
}

function emptiest(type: string, rule: Record<string, unknown>, root: JsonSchema, depth: number): unknown {
  if (rule['default'] !== undefined) return rule['default']
  if (type === 'object') return fitObject({}, rule, root, depth)
  if (type === 'array') return Array.from({ length: Math.min(numberOf(rule['minItems']), 64) }, () => fit(undefined, rule['items'] ?? true, root, depth + 1))
  if (type === 'string') return '-'.repeat(Math.min(numberOf(rule['minLength']), 1_000))
  if (type === 'integer' || type === 'number') return Math.max(numberOf(rule['minimum']), 0)
  return type === 'boolean' ? false : null
}

/** The branch that speaks of the value's own type, and of its own kind where branches differ in a constant; for no value, null where it is allowed. */
function pickBranch(value: unknown, branches: unknown[], root: JsonSchema): unknown {
  const wanted = value === undefined ? 'null' : typeOf(value)
  const matching = branches.filter((branch) => {
    const rule = resolve(branch, root)
    if (!rule) return true
    if ('const' in rule) return rule['const'] === value
    const types = typesOf(rule)
    return types.includes(wanted) || (wanted === 'integer' && types.includes('number'))
  })
  const own = isRecord(value) ? matching.find((branch) => agrees(value, resolve(branch, root), root)) : undefined
  return own ?? matching[0] ?? branches.find((branch) => !typesOf(resolve(branch, root) ?? {}).includes('null')) ?? branches[0]
}

/** Whether an object has the constants that a branch demands. */
function agrees(value: Record<string, unknown>, rule: Record<string, unknown> | undefined, root: JsonSchema): boolean {
  const properties = isRecord(rule?.['properties']) ? Object.entries(rule['properties']) : []
  return properties.every(([key, part]) => {
    const property = resolve(part, root)
    return property === undefined || !('const' in property) || property['const'] === value[key]
  })
}

function resolve(schema: unknown, root: JsonSchema): Record<string, unknown> | undefined {
  let current: unknown = schema
  for (let hops = 0; isRecord(current) && typeof current['$ref'] === 'string'; hops++) {
    if (hops > MAX_DEPTH) return undefined
    current = pointer(root, current['$ref'])
  }
  return isRecord(current) ? current : undefined
}

function pointer(root: JsonSchema, reference: string): unknown {
  let current: unknown = root
  for (const step of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    if (!isRecord(current)) return undefined
    current = current[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return current
}

function typesOf(rule: Record<string, unknown>): string[] {
  const { type } = rule
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((name) => typeof name === 'string')
  return isRecord(rule['properties']) ? ['object'] : []
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (Number.isInteger(value)) return 'integer'
  return typeof value
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.ceil(value) : 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
