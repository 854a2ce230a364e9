import type { JsonSchema } from '../schema/fit-to-schema.ts'
import type { NodeKinds } from './answer-planning.ts'

const KINDS = ['agent', 'map', 'vote', 'plan', 'approval'] as const

/**
 * The kinds of node that a plan's schema has: the constants of a property `kind`. A model draws
 * nothing that its schema has no words for; one that speaks of no kinds has nodes for agents only.
 */
export function kindsIn(schema: JsonSchema): NodeKinds {
  const found = new Set<unknown>(constantsOf(schema, 0))
  return new Set(['agent' as const, ...KINDS.filter((kind) => found.has(kind))])
}

const DEEPEST = 16

function* constantsOf(schema: unknown, depth: number): Generator {
  if (depth > DEEPEST || typeof schema !== 'object' || schema === null) return
  if (Array.isArray(schema)) {
    for (const item of schema) yield* constantsOf(item, depth + 1)
    return
  }
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'kind' && typeof value === 'object' && value !== null) {
      if ('const' in value) yield value.const
      if ('enum' in value && Array.isArray(value.enum)) yield* value.enum
    }
    yield* constantsOf(value, depth + 1)
  }
}
