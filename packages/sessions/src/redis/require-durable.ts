import { AppError } from '@signalbox/errors'

/** What Redis must be, to keep what it acknowledged. */
interface Durability {
  aof: boolean
  policy: string | undefined
  version: [major: number, minor: number]
}

export interface RequireDurableOptions {
  /** Answers sections of INFO, as CONFIG is often forbidden where somebody else runs the Redis. */
  info: (section: string) => Promise<string>
  /** One setting; fails where CONFIG is forbidden. */
  setting: (name: string) => Promise<string | undefined>
  /** Only warns where what was acknowledged could be lost. */
  allowVolatile: boolean
  onWarning: (message: string) => void
}

/**
 * Makes sure that Redis does not forget: an append-only file, and no keys evicted when memory is short.
 * @throws AppError `unavailable`, not retryable, that says what to set.
 */
export async function requireDurable({ info, setting, allowVolatile, onWarning }: RequireDurableOptions): Promise<void> {
  const durability = await readDurability(info)
  const [major, minor] = durability.version
  if (major < 6 || (major === 6 && minor < 2)) throw refusal(`Redis ${major}.${minor} is too old: 6.2 is the oldest that keeps sessions.`)
  const faults = faultsOf(durability)
  if (faults.length === 0) return warnOfLateSync(setting, onWarning)
  const words = `Redis would lose sessions that it acknowledged: ${faults.join(', and ')}.`
  if (!allowVolatile) throw refusal(words)
  onWarning(words)
}

/** Between two syncs Redis may hold back what it has acknowledged already, and lose it when it is killed. */
async function warnOfLateSync(setting: RequireDurableOptions['setting'], onWarning: (message: string) => void): Promise<void> {
  const sync = await setting('appendfsync').catch(() => undefined)
  if (sync !== undefined && sync !== 'always')
    onWarning(
      `A Redis that is killed can lose the last second or two of what it acknowledged, because its "appendfsync" is ${sync}. Set it to "always" to lose nothing.`,
    )
}

function faultsOf({ aof, policy }: Durability): string[] {
  return [
    ...(aof ? [] : ['it keeps no append-only file (set "appendonly yes")']),
    ...(policy === 'noeviction' ? [] : [`it may throw keys away when memory is short (set "maxmemory-policy noeviction"; it is ${policy ?? 'not told'})`]),
  ]
}

async function readDurability(info: RequireDurableOptions['info']): Promise<Durability> {
  const [server, persistence, memory] = await Promise.all([info('server'), info('persistence'), info('memory')])
  const [major = 0, minor = 0] = (readField(server, 'redis_version') ?? '').split('.').map(Number)
  return { aof: readField(persistence, 'aof_enabled') === '1', policy: readField(memory, 'maxmemory_policy'), version: [major, minor] }
}

function readField(section: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(section)?.[1]
}

function refusal(message: string): AppError {
  return new AppError('unavailable', message, { retryable: false })
}
