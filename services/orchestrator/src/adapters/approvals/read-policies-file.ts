import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

import { ConfigError, type Environment } from '@signalbox/config'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'

import type { PolicyRules } from '../../core/approvals/policies.ts'
import { channelsSchema, type ChannelConfig } from '../notify/index.ts'
import { policiesSchema } from './policies-schema.ts'

const MAX_BYTES = 1_000_000

/** What an operator says about approvals. */
export interface PoliciesFile {
  rules: PolicyRules
  channels: ChannelConfig[]
}

/** @throws ConfigError naming every fault with its line, or that the file cannot be read. */
export async function readPoliciesFile(path: string, environment: Environment): Promise<PoliciesFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError('orchestrator', [`${path} cannot be read: ${error.code ?? error.message}`])
  })
  return parsePolicies(text, { name: basename(path), environment })
}

/** @throws ConfigError naming every fault with its line. No fault repeats a value: it may be a secret. */
export function parsePolicies(text: string, { name, environment }: { name: string; environment: Environment }): PoliciesFile {
  if (text.length > MAX_BYTES) throw new ConfigError('orchestrator', [`${name} is larger than ${MAX_BYTES} bytes`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const misspelt = [...document.errors, ...document.warnings].map(({ message, pos: [at] }) => `${name}:${lines.linePos(at).line} ${message}`)
  if (misspelt.length > 0) throw new ConfigError('orchestrator', misspelt)

  const value = toValue(document, name)
  const read = policiesSchema.safeParse(value)
  const channels = channelsSchema(environment).safeParse(value['channels'] ?? [])
  const issues = [
    ...(read.error?.issues ?? []),
    ...(channels.error?.issues.map((issue) => ({ ...issue, path: ['channels', ...issue.path] })) ?? []),
    ...unknownChannels(read.data?.rules, channels.data),
  ]
  if (issues.length > 0 || !read.data || !channels.data)
    throw new ConfigError('orchestrator', [...new Set(issues.map((issue) => toFault(issue, { name, document, lines })))])
  const version = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return { rules: { version, defaults: read.data.defaults, rules: read.data.rules }, channels: channels.data }
}

function toValue(document: Document, name: string): Record<string, unknown> {
  try {
    const value: unknown = document.toJS() ?? {}
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new ConfigError('orchestrator', [`${name}: ${(error as Error).message}`])
  }
  throw new ConfigError('orchestrator', [`${name} does not hold a mapping with version, defaults, policies and channels`])
}

interface Issue {
  path: readonly PropertyKey[]
  message: string
  code?: string | undefined
  keys?: string[]
  input?: unknown
}

function unknownChannels(rules: PolicyRules['rules'] | undefined, channels: readonly ChannelConfig[] | undefined): Issue[] {
  if (!rules || !channels) return []
  const known = new Set(channels.map(({ id }) => id))
  return rules.flatMap(({ notify }, rule) =>
    (notify ?? []).flatMap((id, at) => (known.has(id) ? [] : [{ path: ['policies', rule, 'notify', at], message: 'is none of the channels' }])),
  )
}

/** `approvals.yaml:12 policies[2].deadline: is not a duration such as 30m, 4h or 2d` */
function toFault(issue: Issue, { name, document, lines }: { name: string; document: Document; lines: LineCounter }): string {
  const path = 'keys' in issue && issue.keys?.[0] !== undefined ? [...issue.path, issue.keys[0]] : [...issue.path]
  const isThere = document.hasIn(path)
  const said = toText(issue, isThere)
  return `${name}:${lineOf(document, lines, path)} ${toPlace(path)}: ${said}`
}

function toText(issue: Issue & { code?: string | undefined }, isThere: boolean): string {
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
