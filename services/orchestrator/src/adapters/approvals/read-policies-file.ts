import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

import { ConfigError, type Environment } from '@signalbox/config'
import { parseYaml, type YamlIssue } from '@signalbox/config/yaml'

import type { PolicyRules } from '../../core/approvals/policies.ts'
import { channelsSchema, type ChannelConfig } from '../notify/index.ts'
import { policiesSchema } from './policies-schema.ts'

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
  const file = parseYaml(text, { service: 'orchestrator', name, holds: 'a mapping with version, defaults, policies and channels' })
  const read = policiesSchema.safeParse(file.value)
  const channels = channelsSchema(environment).safeParse(file.value['channels'] ?? [])
  const issues = [
    ...(read.error?.issues ?? []),
    ...(channels.error?.issues.map((issue) => ({ ...issue, path: ['channels', ...issue.path] })) ?? []),
    ...unknownChannels(read.data?.rules, channels.data),
  ]
  if (issues.length > 0 || !read.data || !channels.data) return file.refuse(issues)
  const version = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return { rules: { version, defaults: read.data.defaults, rules: read.data.rules }, channels: channels.data }
}

function unknownChannels(rules: PolicyRules['rules'] | undefined, channels: readonly ChannelConfig[] | undefined): YamlIssue[] {
  if (!rules || !channels) return []
  const known = new Set(channels.map(({ id }) => id))
  return rules.flatMap(({ notify }, rule) =>
    (notify ?? []).flatMap((id, at) => (known.has(id) ? [] : [{ path: ['policies', rule, 'notify', at], message: 'is none of the channels' }])),
  )
}
