import { openTelemetry } from '@signalbox/telemetry'
import { expect, test } from 'vitest'

import { keepCounted, mergeMetrics } from './merge-metrics.ts'

test('counters, histograms and gauges of several processes are added up by their labels', async () => {
  const texts = await Promise.all([measure({ a: 2, seconds: 0.05, held: 3 }), measure({ a: 5, b: 1, seconds: 7, held: 4 })])

  const lines = mergeMetrics(texts).split('\n')
  expect(lines).toContain('requests_total{route="a"} 7')
  expect(lines).toContain('requests_total{route="b"} 1')
  expect(lines).toContain('duration_bucket{le="0.1"} 1')
  expect(lines).toContain('duration_bucket{le="+Inf"} 2')
  expect(lines).toContain('duration_count 2')
  expect(lines).toContain('duration_sum 7.05')
  expect(lines).toContain('held 7')
  expect(lines.filter((line) => line.startsWith('# TYPE requests_total'))).toHaveLength(1)
})

test('of one process alone nothing is changed', async () => {
  const text = await measure({ a: 2, b: 1, seconds: 0.05, held: 3 })
  expect(mergeMetrics([text]).trim()).toBe(text.trim())
})

test('a label with blanks and braces in it is kept as it is', async () => {
  const odd = '# TYPE x_total counter\nx_total{reason="a } b {c=\\"d\\"}"} 1\n'
  expect(mergeMetrics([odd, odd])).toContain('x_total{reason="a } b {c=\\"d\\"}"} 2')
})

test('what a process counted outlives it, what it held does not', async () => {
  const left = keepCounted(await measure({ a: 2, seconds: 1, held: 3 }))
  expect(left).toContain('requests_total{route="a"} 2')
  expect(left).toContain('duration_count 1')
  expect(left).not.toContain('held')
})

async function measure({ a, b, seconds, held }: { a: number; b?: number; seconds: number; held: number }): Promise<string> {
  const telemetry = openTelemetry({ service: 'x', level: 'silent' })
  const requests = telemetry.meter.createCounter('requests')
  requests.add(a, { route: 'a' })
  if (b !== undefined) requests.add(b, { route: 'b' })
  telemetry.histograms
    .open('duration', { unit: 's', bounds: [0.1, 1] })
    .series({})
    .record(seconds)
  telemetry.meter.createObservableGauge('held').addCallback((result) => result.observe(held))
  const text = await telemetry.readMetrics()
  await telemetry.close()
  return text
}
