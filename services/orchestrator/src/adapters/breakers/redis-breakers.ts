import { createHash } from 'node:crypto'

import { BREAKER_RULES, CLOSED, toBreakerReport, type Admission, type BreakerRules, type Breakers } from '../../core/breaker.ts'
import { ADMIT, REPORT, SETTLE } from './redis-scripts.ts'

/** What is needed of a node-redis client, whatever its protocol version and modules. */
export interface ScriptClient {
  evalSha(sha: string, options: ScriptOptions): Promise<unknown>
  eval(source: string, options: ScriptOptions): Promise<unknown>
}

interface ScriptOptions {
  keys: string[]
  arguments: string[]
}

export interface RedisBreakersOptions extends Partial<BreakerRules> {
  /** Stays the caller's. Best one whose commands fail at once while Redis is away. */
  client: ScriptClient
  /** What its keys begin with: those of all agents are in one slot of a cluster. */
  prefix: string
  /** Told once of each time that Redis does not answer. */
  onAway: (error: unknown) => void
}

const ANSWER_WITHIN_MS = 250
const FORGET_IDLE_AFTER_MS = 24 * 3_600_000

/**
 * The breakers of all replicas on one Redis. While it does not answer they let every call through: a
 * breaker saves work, and must never be what stops it.
 */
export function createRedisBreakers(options: RedisBreakersOptions): Breakers {
  const rules: BreakerRules = { ...BREAKER_RULES, ...options }
  const scripts = { admit: toScript(ADMIT), settle: toScript(SETTLE), report: toScript(REPORT) }
  const keyOf = (agent: string): string => `${options.prefix}:{breakers}:${agent}`
  let away = false

  async function run<Result>(script: Script, keys: string[], args: (string | number)[], read: (answer: unknown) => Result, otherwise: Result): Promise<Result> {
    try {
      const result = read(await within(ANSWER_WITHIN_MS, evaluate(options.client, script, { keys, arguments: args.map(String) })))
      away = false
      return result
    } catch (error) {
      if (!away) options.onAway(error)
      away = true
      return otherwise
    }
  }

  return {
    admit: (agent) => run(scripts.admit, [keyOf(agent)], [rules.probeMs, FORGET_IDLE_AFTER_MS], toAdmission, { admitted: true, probe: false }),
    settle(agent, outcome, { probe }) {
      const { failures, restMs, longestRestMs } = rules
      const args = [outcome, probe ? 1 : 0, failures, restMs, longestRestMs, FORGET_IDLE_AFTER_MS]
      return run(scripts.settle, [keyOf(agent)], args, () => undefined, undefined)
    },
    read(agents) {
      const closed = new Map(agents.map((agent) => [agent, toBreakerReport(CLOSED, 0)]))
      if (agents.length === 0) return Promise.resolve(closed)
      return run(scripts.report, agents.map(keyOf), [], (answer) => toReports(agents, answer), closed)
    },
    async close() {
      // The client is the caller's.
    },
  }
}

interface Script {
  source: string
  sha: string
}

function toScript(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

async function evaluate(client: ScriptClient, { source, sha }: Script, options: ScriptOptions): Promise<unknown> {
  try {
    return await client.evalSha(sha, options)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return client.eval(source, options)
  }
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`Redis did not answer within ${ms} ms.`)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The shape is that of our own scripts. */
function toAdmission(answer: unknown): Admission {
  const [admitted, value] = answer as [number, number]
  return admitted === 1 ? { admitted: true, probe: value === 1 } : { admitted: false, retryAt: value }
}

function toReports(agents: readonly string[], answer: unknown): Awaited<ReturnType<Breakers['read']>> {
  const [now, ...records] = answer as [number, ...[number, number, number, number][]]
  return new Map(
    agents.map((agent, index) => {
      const [failures, openings, retryAt, probeUntil] = records[index] ?? [0, 0, 0, 0]
      return [agent, toBreakerReport({ failures, openings, retryAt, probeUntil }, now)]
    }),
  )
}
