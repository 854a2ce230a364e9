import { expect, test } from 'vitest'

import { openTelemetry } from './telemetry.ts'

const OPTIONS = { unit: 's', bounds: [0.1, 1] }

test('a histogram is served as OpenTelemetry’s own of the same measurements', async () => {
  const mine = openTelemetry({ service: 'x', level: 'silent' })
  const theirs = openTelemetry({ service: 'x', level: 'silent' })
  const series = mine.histograms.open('some.duration', OPTIONS).series({ route: '/a', status: 200 })
  const reference = theirs.meter.createHistogram('some.duration', { unit: 's', advice: { explicitBucketBoundaries: OPTIONS.bounds } })

  for (const value of [0.05, 0.1, 0.5, 7]) {
    series.record(value)
    reference.record(value, { route: '/a', status: 200 })
  }
  const lines = await readLines(mine)
  expect(lines).toEqual(await readLines(theirs))
  expect(lines).toContain('some_duration_bucket{route="/a",status="200",le="0.1"} 2')
})

test('whoever opens a histogram again adds to the same one', async () => {
  const telemetry = openTelemetry({ service: 'x', level: 'silent' })

  telemetry.histograms.open('some.duration', OPTIONS).series({ a: 1, b: 2 }).record(0.5)
  telemetry.histograms.open('some.duration', OPTIONS).series({ b: 2, a: 1 }).record(0.5)
  expect(await readLines(telemetry)).toContain('some_duration_count{a="1",b="2"} 2')
})

async function readLines(telemetry: ReturnType<typeof openTelemetry>): Promise<string[]> {
  return (await telemetry.readMetrics()).split('\n').filter((line) => line.includes('some_duration'))
}
