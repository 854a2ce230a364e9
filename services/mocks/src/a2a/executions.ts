/** How often each piece of work was really done, for tests that must know. */
export interface Executions {
  /**
   * Does a piece of work and counts it under its key. The work is told the how-manieth attempt at its
   * node it is, from 1. Work whose signal aborted while it was done counts as canceled.
   */
  run(key: string, signal: AbortSignal, work: (attempt: number) => Promise<void>): Promise<void>
  /** Counts work that was answered without being done. */
  note(key: string): void
  /** Counts something that a person approved and that was then done, under the words for what ran. */
  did(what: string): void
  toJson(): ExecutionCounts
}

export interface ExecutionCounts {
  total: number
  /** How many are under way, and how many were at once at most. */
  running: number
  most_running: number
  /** How often each key was executed, in the order in which they first came. */
  executions: Record<string, number>
  /** How often each key was canceled while it was worked on. */
  canceled: Record<string, number>
  /** How often what people approved was done: `deploy {"env":"staging"}`. */
  done: Record<string, number>
}

const MOST_KEYS = 50_000

/** The oldest keys are forgotten, so that a mock left running for days does not grow. */
export function createExecutions(): Executions {
  const executions = new Map<string, number>()
  const canceled = new Map<string, number>()
  const done = new Map<string, number>()
  const attempts = new Map<string, number>()
  let total = 0
  let running = 0
  let most = 0
  return {
    async run(key, signal, work) {
      total++
      running++
      most = Math.max(most, running)
      raise(executions, key)
      try {
        await work(raise(attempts, toNodeKey(key)))
      } finally {
        running--
        if (signal.aborted) raise(canceled, key)
      }
    },
    note(key) {
      total++
      raise(executions, key)
    },
    did: (what) => void raise(done, what),
    toJson: () => ({
      total,
      running,
      most_running: most,
      executions: Object.fromEntries(executions),
      canceled: Object.fromEntries(canceled),
      done: Object.fromEntries(done),
    }),
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
