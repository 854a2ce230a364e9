import { Writable } from 'node:stream'

import { expect, test } from 'vitest'

import { createEventLog } from './event-log.ts'
import { withLogFields } from './log-fields.ts'
import { withSpan } from './spans.ts'
import { openTelemetry } from './telemetry.ts'

test('an event is the line that the log itself would have written', async () => {
  const { telemetry, lines } = openLog()
  const fields = { path: '/v1/"models"\n\u{1f600}', status: 200, ms: 1.5, stream: false, model: undefined, reason: 'x'.repeat(300) }

  await withLogFields({ request_id: 'req_1', session_id: 'ses_1' }, () =>
    withSpan(telemetry.tracer, 'work', {}, async () => {
      telemetry.log.info(fields, 'request')
      createEventLog(telemetry.log, 'request')(fields)
    }),
  )
  const [expected, event] = lines().map(({ time: _time, ...line }) => line)
  expect(event).toEqual(expected)
  expect(lines()[1]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('a field that the event says itself is not said twice', async () => {
  const { telemetry, texts, lines } = openLog()

  withLogFields({ session_id: 'ses_1' }, () => createEventLog(telemetry.log, 'request')({ session_id: 'ses_2' }))
  expect(lines()[0]?.['session_id']).toBe('ses_2')
  expect(texts[0]).not.toContain('ses_1')
})

test('where only warnings are wanted, events are not written', () => {
  const { telemetry, texts } = openLog('warn')

  createEventLog(telemetry.log, 'request')({ status: 200 })
  expect(texts).toEqual([])
})

function openLog(level: 'info' | 'warn' = 'info') {
  const texts: string[] = []
  const logTo = new Writable({ write: (line, _encoding, done) => (texts.push(String(line)), done()) })
  return { telemetry: openTelemetry({ service: 'x', level, logTo }), texts, lines: () => texts.map((line) => JSON.parse(line) as Record<string, unknown>) }
}
