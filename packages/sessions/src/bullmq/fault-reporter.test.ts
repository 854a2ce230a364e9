import { expect, test, vi } from 'vitest'

import { createFaultReporter } from './fault-reporter.ts'

test('a fault that is the same but for the ids in it is told once in half a minute', () => {
  vi.useFakeTimers()
  try {
    const told: string[] = []
    const report = createFaultReporter((error) => told.push((error as Error).message))
    const ids = Array.from({ length: 3 }, () => crypto.randomUUID())
    for (const id of ids) report(new Error(`could not renew lock for job ${id}`))
    report(new Error('Socket closed unexpectedly'))
    expect(told).toEqual([`could not renew lock for job ${ids[0]}`, 'Socket closed unexpectedly'])
    vi.advanceTimersByTime(30_000)
    report(new Error('Socket closed unexpectedly'))
    expect(told).toHaveLength(3)
  } finally {
    vi.useRealTimers()
  }
})
