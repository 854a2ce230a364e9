import type { z } from 'zod'

/** Thrown by {@link readConfig}: every wrong or missing variable, each on its own line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(service: string, faults: readonly string[]) {
    super(`${service} cannot start, because its configuration is wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a service's configuration once, whole. The schema's keys are the variables' names. A
 * variable that is set to nothing counts as not set, so that `NAME=` in an env file means "default".
 *
 * @throws ConfigError naming every variable that is missing or wrong. Values are never repeated: they may be secrets.
 */
export function readConfig<Schema extends z.ZodObject>(service: string, schema: Schema, environment: Environment): z.infer<Schema> {
  const known = Object.keys(schema.shape)
  const given = Object.fromEntries(known.map((name) => [name, environment[name]?.trim() || undefined]))
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0])
    return given[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`
  })
  throw new ConfigError(service, [...new Set(faults)])
}
