import { fileURLToPath } from 'node:url'

import { ingestPaths } from '@signalbox/constellation'
import { eventually, temporaryFolder } from '@signalbox/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask } from './ask.ts'
import { startServices, type ServiceProcesses } from './service-processes.ts'

const HARD = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let services: ServiceProcesses

beforeAll(async () => {
  folder = await temporaryFolder()
  services = await startServices(folder.path, { SCRIPTED_LLM_DELAY_MS: '60' })
})

afterAll(async () => {
  await services?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('as processes of their own the services give the same answer; an orchestrator that is killed in the middle loses none of it', async () => {
  await ingestPaths({
    paths: [fileURLToPath(new URL('../../knowledge', import.meta.url))],
    url: services.url('rag'),
    token: services.serviceToken,
    onProgress: () => undefined,
    signal: AbortSignal.timeout(60_000),
  })
  await eventually('the orchestrator knows its agents', async () => {
    const response = await fetch(`${services.url('orchestrator')}/v1/agents`, { headers: { authorization: `Bearer ${services.serviceToken}` } })
    const { data: agents } = (await response.json()) as { data: { healthy: boolean }[] }
    return agents.every(({ healthy }) => healthy)
  })
  const client = new OpenAI({ baseURL: `${services.url('gateway')}/v1`, apiKey: services.apiKey, maxRetries: 0 })

  let killed: Promise<void> | undefined
  const answer = await ask(client, HARD, {
    model: 'signalbox-orchestrated',
    onChunk: ({ signalbox }) => {
      if (signalbox?.type === 'node.completed') killed ??= services.kill('orchestrator').then(() => services.start('orchestrator'))
    },
  })
  await killed
  expect(killed).toBeDefined()
  expect(answer.finishReason).toBe('stop')
  expect(answer.content).toContain('gettysburg-address.md')
  expect(answer.content).toContain('second-inaugural-address.md')
  expect(answer.chunks.filter(({ signalbox }) => signalbox?.type === 'session.resumed')).toHaveLength(1)
  const seqs = answer.chunks.flatMap(({ signalbox }) => (signalbox?.seq === undefined ? [] : [signalbox.seq]))
  expect(new Set(seqs).size).toBe(seqs.length)
})

test('a service refuses a call without the service token', async () => {
  for (const name of ['orchestrator', 'planner', 'reasoning', 'rag'] as const) {
    const response = await fetch(`${services.url(name)}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{}}',
    })
    expect([name, response.status]).toEqual([name, 401])
  }
})
