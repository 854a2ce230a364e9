/** The time as ISO 8601 in UTC, `2026-11-21T14:33:54.007Z`; of two that fall into one second only the first is worked out whole. */
export function createClock(now: () => number = Date.now): () => string {
  let second = Number.NaN
  let beginning = ''
  return () => {
    const time = now()
    const inSecond = Math.floor(time / 1_000)
    if (inSecond !== second) {
      second = inSecond
      beginning = new Date(time).toISOString().slice(0, -4)
    }
    return `${beginning}${MILLISECONDS[time - inSecond * 1_000]}`
  }
}

const MILLISECONDS = Array.from({ length: 1_000 }, (_, millisecond) => `${String(millisecond).padStart(3, '0')}Z`)
