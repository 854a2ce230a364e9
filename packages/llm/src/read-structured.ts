import type { z } from 'zod'

export type StructuredVerdict<Value> = { value: Value; faults: [] } | { value: undefined; faults: string[] }

const MOST_FAULTS = 16

/**
 * Reads a model's JSON answer. Servers that do not enforce a schema wrap the JSON in a Markdown
 * fence now and then; that is taken off, and nothing else is guessed.
 */
export function readStructured<Value>(text: string, schema: z.ZodType<Value>): StructuredVerdict<Value> {
  const json = parseJson(unfence(text))
  if (json === undefined) return { value: undefined, faults: ['the answer is not one JSON value'] }
  const parsed = schema.safeParse(json.value)
  if (parsed.success) return { value: parsed.data, faults: [] }
  return { value: undefined, faults: parsed.error.issues.slice(0, MOST_FAULTS).map(({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`) }
}

function unfence(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}
