import { isNode, LineCounter, parseDocument, type Document } from 'yaml'

import { ConfigError } from './read-config.ts'

const MAX_BYTES = 1_000_000

/** What is wrong in a file, as zod tells it. */
export interface YamlIssue {
  path: readonly PropertyKey[]
  message: string
  code?: string | undefined
  keys?: string[]
  input?: unknown
}

/** A mapping that was read, and the words for what is wrong in it. */
export interface YamlFile {
  value: Record<string, unknown>
  /** @throws ConfigError naming every issue once, with its line and place. No fault repeats a value: it may be a secret. */
  refuse(issues: readonly YamlIssue[]): never
}

export interface YamlFileOptions {
  /** Whose configuration it is. */
  service: string
  /** The file's, for the faults: `approvals.yaml`. */
  name: string
  /** What it should hold, in words. */
  holds: string
}

/**
 * A file that people write, YAML or JSON, whose root is a mapping.
 *
 * @throws ConfigError naming every fault of its spelling with its line.
 */
export function parseYaml(text: string, { service, name, holds }: YamlFileOptions): YamlFile {
  if (text.length > MAX_BYTES) throw new ConfigError(service, [`${name} is larger than ${MAX_BYTES} bytes`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const misspelt = [...document.errors, ...document.warnings].map(({ message, pos: [at] }) => `${name}:${lines.linePos(at).line} ${message}`)
  if (misspelt.length > 0) throw new ConfigError(service, misspelt)
  return {
    value: toValue(document, { service, name, holds }),
    refuse: (issues) => {
      const faults = issues.map((issue) => toFault(issue, { name, document, lines })).toSorted((one, other) => one.line - other.line)
      throw new ConfigError(service, [...new Set(faults.map(({ text: fault }) => fault))])
    },
  }
}

function toValue(document: Document, { service, name, holds }: YamlFileOptions): Record<string, unknown> {
  try {
    const value: unknown = document.toJS() ?? {}
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new ConfigError(service, [`${name}: ${(error as Error).message}`])
  }
  throw new ConfigError(service, [`${name} does not hold ${holds}`])
}

/** `approvals.yaml:12 policies[2].deadline: is not a duration such as 30m, 4h or 2d` */
function toFault(issue: YamlIssue, { name, document, lines }: { name: string; document: Document; lines: LineCounter }): { line: number; text: string } {
  const path = 'keys' in issue && issue.keys?.[0] !== undefined ? [...issue.path, issue.keys[0]] : [...issue.path]
  const isThere = document.hasIn(path)
  const said = toText(issue, isThere)
  const line = lineOf(document, lines, path)
  return { line, text: `${name}:${line} ${toPlace(path)}: ${said}` }
}

function toText(issue: YamlIssue, isThere: boolean): string {
  if (issue.code === 'unrecognized_keys') return 'is not known here'
  if (issue.code === 'invalid_type' && !isThere) return 'is missing'
  return issue.message.replace(/^Invalid (input|option): /, '').replace(/, received .*$/, '')
}

/** Where it stands, or what it is missing from. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

function toPlace(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((place, key) => (typeof key === 'number' ? `${place}[${key}]` : `${place}${place === '' ? '' : '.'}${String(key)}`), '') || 'the file'
  )
}
