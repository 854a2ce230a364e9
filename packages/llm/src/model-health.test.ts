import { sayError, sayJson, startModelUpstream, type UpstreamAnswer } from '@signalbox/testing'
import { expect, onTestFinished, test } from 'vitest'

import { createModelProbe } from './model-health.ts'

test.each([
  ['ok', 200],
  ['ok', 404],
  ['refused', 401],
  ['failing', 500],
])('says %s of an endpoint that answers %d', async (health, status) => {
  const probe = await probeOf((response) => (status === 200 ? sayJson(response, 200, { data: [] }) : sayError(response, status)))
  expect(await probe()).toBe(health)
})

test('says unreachable of an endpoint that is not there', async () => {
  expect(await createModelProbe({ baseUrl: 'http://127.0.0.1:9/v1' })()).toBe('unreachable')
})

test('keeps its answer for ten seconds, then asks again', async () => {
  let asked = 0
  let now = 0
  const probe = await probeOf(
    (response) => sayJson(response, ++asked === 1 ? 200 : 500, {}),
    () => now,
  )
  expect([await probe(), await probe()]).toEqual(['ok', 'ok'])
  now = 10_001
  expect(await probe()).toBe('failing')
  expect(asked).toBe(2)
})

async function probeOf(answer: UpstreamAnswer, now?: () => number) {
  const upstream = await startModelUpstream(answer)
  onTestFinished(() => upstream[Symbol.asyncDispose]())
  return createModelProbe({ baseUrl: upstream.baseUrl }, now)
}
