import { freePorts, recordSpans, temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { openDataFolder } from './data-folder.ts'
import { openConstellation } from './open-constellation.ts'
import { layInSampleKnowledge } from './sample-knowledge.ts'
import type { Ports } from './wiring.ts'

test('one complex request is one connected trace, from the gateway to every agent', { timeout: 90_000 }, async () => {
  await using folder = await temporaryFolder()
  const recorder = recordSpans()
  const constellation = await openConstellation({
    environment: {},
    dataFolder: await openDataFolder(folder.path),
    ports: await somePorts(),
    telemetry: { level: 'silent', spanProcessor: recorder.processor },
  })
  try {
    await layInSampleKnowledge(constellation, { wanted: true, onProgress: () => undefined, signal: AbortSignal.timeout(60_000) })
    const response = await fetch(`${constellation.urls.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${constellation.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'signalbox-orchestrated',
        messages: [{ role: 'user', content: 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.' }],
      }),
    })
    expect(response.status).toBe(200)
    await response.json()
  } finally {
    await constellation.stop()
  }

  const request = recorder.spans().find(({ name }) => name === 'POST /v1/chat/completions')
  const trace = recorder.spans().filter((span) => span.spanContext().traceId === request?.spanContext().traceId)
  const ids = new Set(trace.map((span) => span.spanContext().spanId))
  const roots = trace.filter(({ parentSpanContext }) => parentSpanContext === undefined)
  const orphans = trace.filter(({ parentSpanContext }) => parentSpanContext !== undefined && !ids.has(parentSpanContext.spanId))
  const services = new Set(trace.map(({ resource }) => resource.attributes['service.name']))

  expect(roots.map(({ name }) => name)).toEqual(['POST /v1/chat/completions'])
  expect(orphans.map(({ name, resource }) => `${String(resource.attributes['service.name'])}: ${name}`)).toEqual([])
  expect([...services].toSorted()).toEqual(expect.arrayContaining(['gateway', 'orchestrator', 'planner', 'rag', 'reasoning']))
  expect(trace.filter(({ name }) => name.startsWith('invoke_agent')).length).toBeGreaterThanOrEqual(3)
})

async function somePorts(): Promise<Ports> {
  const [gateway, orchestrator, planner, reasoning, rag, mocks] = (await freePorts(6)) as [number, number, number, number, number, number]
  return { gateway, orchestrator, planner, reasoning, rag, mocks }
}
