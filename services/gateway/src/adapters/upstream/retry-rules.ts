import type { IncomingHttpHeaders } from 'node:http'

/** Longer waits than this are the caller's to decide on. */
const LONGEST_WAIT_MS = 2_000
const FIRST_WAIT_MS = 50

/** A connection that was not made, or that broke. Timeouts are not here: they have used the time there was. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EAI_AGAIN', 'UND_ERR_SOCKET'])

/** Statuses that say "not now"; all others say something about the request. */
const NOT_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504])

export function isBrokenConnection(error: unknown): boolean {
  const first = error instanceof AggregateError ? (error.errors as unknown[])[0] : error
  const code = (first as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && BROKEN.has(code)
}

export function isNotNow(status: number): boolean {
  return NOT_NOW.has(status)
}

/** How long a reply asks us to wait, where that is soon; undefined where it does not say, or too long. */
export function readSoon(headers: IncomingHttpHeaders): number | undefined {
  const milliseconds = readNumber(headers['retry-after-ms']) ?? toMilliseconds(readNumber(headers['retry-after']))
  return milliseconds !== undefined && milliseconds <= LONGEST_WAIT_MS ? milliseconds : undefined
}

/** The wait before a try, 1 for the first that is made anew: it doubles, and no two wait alike. */
export function toBackoff(attempt: number, random: () => number = Math.random): number {
  return FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + random())
}

/** A wait that was asked for, and a little more: whoever is told the same must not come back at the same time. */
export function withJitter(milliseconds: number, random: () => number = Math.random): number {
  return milliseconds * (1 + random() / 4) + FIRST_WAIT_MS * random()
}

function toMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000
}

/** Undefined for a date: those have whole seconds and another clock, so they are not "soon". */
function readNumber(value: string | string[] | undefined): number | undefined {
  const text = Array.isArray(value) ? value[0] : value
  return text !== undefined && /^\d{1,9}(?:\.\d{1,9})?$/.test(text.trim()) ? Number(text) : undefined
}
