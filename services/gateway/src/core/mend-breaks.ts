import { AppError, toAppError } from '@signalbox/errors'

export interface Patience {
  /** How long what is read may be away before it is given up. */
  patienceMs: number
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>
  now?: () => number
}

export interface MendOptions<Item> extends Patience {
  signal: AbortSignal
  /** Opens the line: at first, and after every break. A line that ends is at its end. `alive` is called for a sign of life that is no item. */
  open: (alive: () => void) => AsyncIterable<Item>
  /** What to say when patience has ended; undefined while there is nothing yet that could be gone on with. */
  sayLost: () => string | undefined
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 4_000

/**
 * Reads over breaks in the line, each time after a longer pause.
 *
 * @throws AppError what the other side said, or `unavailable` when it stayed away for too long.
 */
export async function* mendBreaks<Item>({ open, sayLost, signal, patienceMs, pause, now = Date.now }: MendOptions<Item>): AsyncGenerator<Item> {
  let brokenAt: number | undefined
  let wait = FIRST_PAUSE_MS
  const alive = (): void => void (brokenAt = undefined)
  for (;;) {
    try {
      for await (const item of open(alive)) {
        alive()
        wait = FIRST_PAUSE_MS
        yield item
      }
      return
    } catch (error) {
      const fault = toAppError(error)
      const lost = sayLost()
      if (lost === undefined || signal.aborted || !isBreak(fault)) throw fault
      brokenAt ??= now()
      if (now() - brokenAt > patienceMs) throw new AppError('unavailable', lost, { cause: fault })
      await pause(wait, signal)
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS)
    }
  }
}

/** `conflict`: while nobody was listening the session has ended, so that it can be asked for and no longer followed. */
function isBreak({ code }: AppError): boolean {
  return code === 'conflict' || code === 'upstream_failed' || code === 'upstream_timeout' || code === 'unavailable' || code === 'agent_unavailable'
}
