import { useEffect, useState } from 'react'

/** The time now, again every so often. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs)
    return () => window.clearInterval(timer)
  }, [everyMs])
  return now
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** `2 h 5 min`: the two largest units. Never negative. */
export function toDuration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1_000))
  const parts: string[] = []
  for (const [size, unit] of UNITS) {
    const count = Math.floor(seconds / size)
    if (count === 0 && parts.length === 0 && size > 1) continue
    if (count > 0 || parts.length === 0) parts.push(`${count} ${unit}`)
    seconds -= count * size
    if (parts.length === 2 || (parts.length === 1 && size <= 60 && count >= 10)) break
  }
  return parts.join(' ')
}

/** `3 min`: the largest unit alone. */
export function toRoughDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}

/** `3 min ago`, with the whole date for who hovers. */
export function Ago({ at }: { at: string }) {
  const now = useNow(10_000)
  const ms = now - Date.parse(at)
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {ms < 5_000 ? 'just now' : `${toRoughDuration(ms)} ago`}
    </time>
  )
}

/** How long is left; said in words once it is over. */
export function Countdown({ until }: { until: string }) {
  const now = useNow(1_000)
  const left = Date.parse(until) - now
  return (
    <time dateTime={until} title={new Date(until).toLocaleString()}>
      {left <= 0 ? 'over' : toDuration(left)}
    </time>
  )
}
