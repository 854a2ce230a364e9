import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

import { ConfigError } from '@signalbox/config'
import { parseYaml } from '@signalbox/config/yaml'

import type { RoutingRules } from '../core/routing-policy.ts'
import { routingFileSchema } from './routing-file-schema.ts'

/** @throws ConfigError naming every fault with its line, or that the file cannot be read. */
export async function readRoutingFile(path: string): Promise<RoutingRules> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError('gateway', [`${path} cannot be read: ${error.code ?? error.message}`])
  })
  return parseRoutingRules(text, basename(path))
}

/** @throws ConfigError naming every fault with its line. */
export function parseRoutingRules(text: string, name: string): RoutingRules {
  const file = parseYaml(text, { service: 'gateway', name, holds: 'a mapping with version, defaults and rules' })
  const read = routingFileSchema.safeParse(file.value)
  return read.success ? read.data : file.refuse(read.error.issues)
}
