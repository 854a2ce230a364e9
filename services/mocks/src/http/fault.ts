import { AppError } from '@signalbox/errors'

/** What a request shall suffer. At most one thing goes wrong, after an optional delay. */
export interface Fault {
  delayMs: number
  wrong?: Wrong
}

export type Wrong =
  | { type: 'status'; status: number; retryAfterS?: number }
  /** Takes the request and never answers. */
  | { type: 'hang' }
  /** Cuts the connection after so many bytes of the body. */
  | { type: 'cut'; bytes: number }
  /** 200 with an HTML page. */
  | { type: 'garbage' }
  /** 200 with a body that is not JSON, though it says so. */
  | { type: 'invalid-json' }
  /** An answer that ends without saying why: no finish reason, no [DONE]. */
  | { type: 'no-finish' }
  /** Well-formed JSON that is not what the schema asked for. */
  | { type: 'malformed-structured' }

export const FAULT_HEADER = 'x-mock-fault'

const LONGEST_DELAY_MS = 600_000
const FLAGS = ['hang', 'garbage', 'invalid-json', 'no-finish', 'malformed-structured'] as const

/**
 * Reads a fault as headers and the configuration write it: `status=429;retry-after=1`, `delay=200`,
 * `delay=50;cut=300`, `hang`.
 *
 * @throws AppError invalid_request naming what is wrong with it.
 */
export function readFault(text: string): Fault {
  const words = new Map<string, string | undefined>()
  for (const piece of text.split(';').map((part) => part.trim())) {
    const [name = '', value] = piece.split('=', 2).map((part) => part.trim())
    if (words.has(name)) throw refuse(`names '${name}' twice`)
    words.set(name, value)
  }
  const take = (name: string, min: number, max: number): number | undefined => {
    if (!words.has(name)) return undefined
    const value = words.get(name) ?? ''
    words.delete(name)
    if (!/^\d{1,9}$/.test(value) || Number(value) < min || Number(value) > max) throw refuse(`'${name}' must be a whole number from ${min} to ${max}`)
    return Number(value)
  }

  const delayMs = take('delay', 0, LONGEST_DELAY_MS) ?? 0
  const status = take('status', 400, 599)
  const retryAfterS = take('retry-after', 0, 3_600)
  const bytes = take('cut', 0, 10_000_000)
  const wrongs: Wrong[] = []
  if (status !== undefined) wrongs.push({ type: 'status', status, ...(retryAfterS !== undefined && { retryAfterS }) })
  else if (retryAfterS !== undefined) throw refuse("'retry-after' goes with 'status'")
  if (bytes !== undefined) wrongs.push({ type: 'cut', bytes })
  for (const flag of FLAGS) {
    if (!words.has(flag)) continue
    if (words.get(flag) !== undefined) throw refuse(`'${flag}' takes no value`)
    words.delete(flag)
    wrongs.push({ type: flag })
  }
  const [unknown] = words.keys()
  if (unknown !== undefined) throw refuse(`does not know '${unknown}'; it knows delay, status, retry-after, cut, ${FLAGS.join(', ')}`)
  if (wrongs.length > 1) throw refuse('asks for more than one thing to go wrong')
  return { delayMs, ...(wrongs[0] && { wrong: wrongs[0] }) }
}

function refuse(problem: string): AppError {
  return new AppError('invalid_request', `${FAULT_HEADER} ${problem}.`, { param: FAULT_HEADER })
}
