import { readFile } from 'node:fs/promises'

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { parse } from 'yaml'

type Schema = Record<string, unknown>

/** OpenAI's own document, to hold things against. */
export interface OpenAISpec {
  /** What of the value is not as the schema of that name wants it, in words; empty where it is. */
  faultsOf(schema: string, value: unknown): string[]
  /** Keys of the value, wherever they stand in it, that the schema has no word for: `choices[].delta.reasoning_content`. */
  unknownKeys(schema: string, value: unknown): string[]
  /** The bodies of the requests with which the document explains a path. */
  exampleRequests(path: string): Record<string, unknown>[]
}

/** Reads the document. It has 90,000 lines: only what is asked for, and what that rests on, is parsed. */
export async function readOpenAISpec(path: string): Promise<OpenAISpec> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  const sections = findSections(lines, { from: lines.indexOf('  schemas:', lines.indexOf('components:')), indent: '    ' })
  const paths = findSections(lines, { from: lines.indexOf('paths:'), indent: '  ' })
  const schemas: Record<string, Schema> = {}
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  // Published for both kinds of modules: its types speak of the one, Node gives the other.
  ;(ajvFormats as unknown as (to: Ajv2020) => void)(ajv)
  ajv.addFormat('unixtime', true)
  const validators = new Map<string, ValidateFunction>()

  const load = (name: string): Schema => {
    const known = schemas[name]
    if (known) return known
    const section = sections.get(name)
    if (!section) throw new Error(`the document has no schema ${name}`)
    const schema = toStandard((parse(section.join('\n')) as Record<string, Schema>)[name]) as Schema
    schemas[name] = schema
    for (const [, other] of JSON.stringify(schema).matchAll(/#\/components\/schemas\/(\w+)/g)) load(other as string)
    return schema
  }
  const toValidator = (name: string): ValidateFunction => {
    load(name)
    const validator = validators.get(name) ?? ajv.compile({ $ref: `#/components/schemas/${name}`, components: { schemas } })
    validators.set(name, validator)
    return validator
  }
  return {
    faultsOf(name, value) {
      const validator = toValidator(name)
      return validator(value) ? [] : (validator.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`)
    },
    unknownKeys: (name, value) => [...new Set(findUnknown([load(name)], value, load, ''))],
    exampleRequests(asked) {
      const text = (paths.get(asked) ?? []).join('\n')
      return [...text.matchAll(/-d '(\{[\s\S]*?\n\s*\})'/g)].flatMap(([, body = '']) => readLenient(body.replaceAll(`'"$`, '"').replaceAll(`"'"`, '"')))
    },
  }
}

function readLenient(text: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(text) as Record<string, unknown>]
  } catch {
    // An example with a shell's own words in it.
    return []
  }
}

/** The lines of each key at that depth, by the key. */
function findSections(lines: readonly string[], { from, indent }: { from: number; indent: string }): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  const head = new RegExp(`^${indent}(\\S+):`)
  let section: string[] = []
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at] as string
    if (line !== '' && !line.startsWith(indent)) break
    const name = head.exec(line)?.[1]
    if (name !== undefined) sections.set(name, (section = []))
    section.push(line.slice(indent.length))
  }
  return sections
}

/** `nullable` is a word of OpenAPI 3.0 that the document still uses, also where an `enum` or a `$ref` stands beside it. */
function toStandard(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toStandard)
  if (typeof node !== 'object' || node === null) return node
  const { nullable, ...rest } = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, toStandard(value)]))
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : { ...rest, ...(nullable !== undefined && nullable !== false && { nullable }) }
}

function findUnknown(schemas: readonly Schema[], value: unknown, load: (name: string) => Schema, at: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const all = schemas.flatMap((schema) => flatten(schema, load))
  if (Array.isArray(value)) {
    const items = all.flatMap(({ items: item }): Schema[] => (item === undefined ? [] : [item as Schema]))
    return items.length === 0 ? [] : value.flatMap((one) => findUnknown(items, one, load, `${at}[]`))
  }
  const known = all.flatMap(({ properties }) => (properties === undefined ? [] : [properties as Record<string, Schema>]))
  // Where nothing is said of its keys, or anything may stand, nothing is unknown.
  if (known.length === 0 || all.some(({ additionalProperties: more }) => typeof more === 'object' || more === true)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const of = known.flatMap((properties): Schema[] => (Object.hasOwn(properties, key) ? [properties[key] as Schema] : []))
    const place = at === '' ? key : `${at}.${key}`
    return of.length === 0 ? [place] : findUnknown(of, inner, load, place)
  })
}

/** The schema, and all that it is made of. */
function flatten(schema: Schema, load: (name: string) => Schema): Schema[] {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => (schema[word] as Schema[] | undefined) ?? [])
  return [schema, ...(name === undefined ? [] : flatten(load(name), load)), ...parts.flatMap((part) => flatten(part, load))]
}
