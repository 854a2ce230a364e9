/** How often each piece of work was really done, for tests that must know. */
export interface Executions {
  /** Counts one execution under its key, and says the how-manieth attempt at its node it is, from 1. */
  count(key: string): number
  toJson(): { total: number; executions: Record<string, number> }
}

const MOST_KEYS = 50_000

/** The oldest keys are forgotten, so that a mock left running for days does not grow. */
export function createExecutions(): Executions {
  const executions = new Map<string, number>()
  const attempts = new Map<string, number>()
  let total = 0
  return {
    count(key) {
      total++
      raise(executions, key)
      return raise(attempts, toNodeKey(key))
    },
    toJson: () => ({ total, executions: Object.fromEntries(executions) }),
  }
}

/** Keys are `session/node/epoch`, and a retry has an epoch of its own: attempts are counted by node. */
function toNodeKey(key: string): string {
  const parts = key.split('/')
  return parts.length === 3 ? parts.slice(0, 2).join('/') : key
}

function raise(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1
  counts.set(key, count)
  const oldest = counts.keys().next().value
  if (counts.size > MOST_KEYS && oldest !== undefined) counts.delete(oldest)
  return count
}
