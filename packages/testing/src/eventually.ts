import { setTimeout as pause } from 'node:timers/promises'

/**
 * Asks until the answer is neither undefined nor false, for what a test can see only by looking
 * (another process, a closed socket). Fails with `what` after `withinMs`.
 */
export async function eventually<Answer>(what: string, ask: () => Answer | Promise<Answer>, withinMs = 10_000): Promise<Exclude<Answer, undefined | false>> {
  const end = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms`)
    await pause(10)
  }
}
