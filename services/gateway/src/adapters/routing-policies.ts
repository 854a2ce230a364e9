import { existsSync, unwatchFile, watchFile } from 'node:fs'
import { join, resolve } from 'node:path'

import { ConfigError } from '@signalbox/config'
import type { Logger } from '@signalbox/telemetry'

import { createPolicies, NO_ROUTING_RULES, type RoutingPolicies } from '../core/routing-policy.ts'
import { readRoutingFile } from './read-routing-file.ts'

export interface OpenPolicies extends RoutingPolicies {
  close(): void
}

export interface PoliciesOptions {
  /** The file that was named, which must be there. */
  file: string | undefined
  /** Where `routing.yaml` is looked for when none was named. */
  folder: string
  /** What our aliases stand for where no rule says otherwise. */
  model: string
  log: Pick<Logger, 'info' | 'error'>
}

/** How soon a changed file is seen. Its state is asked for, since notices do not come from every kind of mount. */
const LOOK_EVERY_MS = 1_000

/**
 * The operator's routing rules, read again when their file changes. A file that is wrong stops a start; one that becomes
 * wrong later is told of, and the rules stay as they were.
 *
 * @throws ConfigError naming every fault with its line.
 */
export async function openPolicies({ file, folder, model, log }: PoliciesOptions): Promise<OpenPolicies> {
  const usual = join(resolve(folder), 'routing.yaml')
  const path = file ?? (existsSync(usual) ? usual : undefined)
  if (path === undefined) return { ...createPolicies(NO_ROUTING_RULES, model), close: () => undefined }
  let policies = createPolicies(await readRoutingFile(path), model)

  const reread = async (): Promise<void> => {
    try {
      const rules = await readRoutingFile(path)
      policies = createPolicies(rules, model)
      log.info({ file: path, rules: rules.rules.length }, 'the routing rules were read again')
    } catch (error) {
      const faults = error instanceof ConfigError ? error.faults : [String(error)]
      log.error({ file: path, faults }, 'the routing rules are wrong: those from before still hold')
    }
  }
  const onChange = (): void => void reread()
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, onChange)
  return {
    of: (owner, name) => policies.of(owner, name),
    aliasesOf: (owner) => policies.aliasesOf(owner),
    allows: (owner, name) => policies.allows(owner, name),
    close: () => unwatchFile(path, onChange),
  }
}
