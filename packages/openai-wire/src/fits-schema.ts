import { z } from 'zod'

type Fits = (value: unknown) => boolean

const compiled = new WeakMap<z.ZodType, Fits>()

/**
 * Whether a value is as a schema of many optional fields wants it, and would be read as it stands, looking only at what
 * is there: of some forty fields a request brings four, and of most messages two. False may also mean that only the
 * schema itself can tell, or that it leaves something out; why a value does not fit is its to say as well.
 */
export function fitsSchema<Schema extends z.ZodObject>(value: unknown, schema: Schema): value is z.infer<Schema> {
  let fits = compiled.get(schema)
  if (!fits) compiled.set(schema, (fits = compile(schema)))
  return fits(value)
}

/** What is not known here by its kind, or has rules of its own, is left to the schema: objects altogether, since it copies them. */
function compile(schema: z.core.$ZodType): Fits {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    const inner = compile(schema.unwrap())
    const whole = toLeaf(schema)
    return (value) => (value === null || value === undefined ? whole(value) : inner(value))
  }
  if (schema instanceof z.ZodArray) return compileArray(schema)
  if (hasRules(schema)) return toLeaf(schema)
  if (schema instanceof z.ZodObject) return compileObject(schema)
  if (schema instanceof z.ZodDiscriminatedUnion) return compileChoice(schema)
  if (schema instanceof z.ZodUnion) {
    const options = schema.options.map(compile)
    return (value) => options.some((fits) => fits(value))
  }
  if (schema instanceof z.ZodString) return (value) => typeof value === 'string'
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === 'boolean'
  return toLeaf(schema)
}

function toLeaf(schema: z.core.$ZodType): Fits {
  return (value) => (typeof value !== 'object' || value === null) && z.safeParse(schema, value).success
}

function hasRules({ _zod: { def } }: z.core.$ZodType): boolean {
  return (def.checks?.length ?? 0) > 0
}

function compileObject(schema: z.ZodObject): Fits {
  const fields = new Map(Object.entries(schema.shape).map(([name, field]) => [name, compile(field)]))
  const required = [...fields].filter(([, fits]) => !fits(undefined)).map(([name]) => name)
  // Keys that it does not know it may count, or read.
  if (!(schema.def.catchall instanceof z.ZodUnknown)) return toLeaf(schema)
  return (value) => {
    if (!isObject(value) || Object.hasOwn(value, '__proto__')) return false
    for (const name of required) if (!Object.hasOwn(value, name)) return false
    for (const name in value) {
      const fits = fields.get(name)
      if (fits && !fits(value[name])) return false
    }
    return true
  }
}

/** Objects of several kinds, told apart by one field's word. */
function compileChoice(schema: z.ZodDiscriminatedUnion): Fits {
  const { discriminator } = schema.def
  const options = new Map<unknown, Fits>()
  for (const option of schema.options) {
    if (!(option instanceof z.ZodObject)) return toLeaf(schema)
    const word: unknown = option.shape[discriminator]
    if (!(word instanceof z.ZodLiteral)) return toLeaf(schema)
    for (const value of word.values) options.set(value, compile(option))
  }
  return (value) => isObject(value) && Object.hasOwn(value, discriminator) && options.get(value[discriminator])?.(value) === true
}

/** Of an array's own rules only how long it may be is known here. */
function compileArray(schema: z.ZodArray): Fits {
  let least = 0
  let most = Number.POSITIVE_INFINITY
  for (const { _zod } of schema.def.checks ?? []) {
    const { minimum, maximum } = _zod.def as { minimum?: number; maximum?: number }
    if (minimum !== undefined) least = Math.max(least, minimum)
    else if (maximum !== undefined) most = Math.min(most, maximum)
    else return toLeaf(schema)
  }
  const fits = compile(schema.element)
  return (value) => Array.isArray(value) && value.length >= least && value.length <= most && value.every((item) => fits(item))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
