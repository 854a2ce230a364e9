import { temporaryFolder } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask } from './ask.ts'
import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

const HARD = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let signalbox: SignalboxProcess

beforeAll(async () => {
  folder = await temporaryFolder()
  signalbox = await startSignalbox({ dataDir: folder.path })
})

afterAll(async () => {
  await signalbox?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('a start prints where it is, which model answers, and a curl line that works when pasted', async () => {
  const printed = signalbox.output()
  expect(printed).toContain('scripted model')
  expect(printed).toContain(folder.path)
  expect(printed).toMatch(/[1-9]\d* documents, [1-9]\d* passages/)
  const curl = /curl -N (\S+) \\\n\s+-H "([^"]+)" -H "([^"]+)" \\\n\s+-d '([^']+)'/.exec(printed)
  const [, url, authorization, contentType, body] = curl as unknown as [string, string, string, string, string]
  const headers = Object.fromEntries([authorization, contentType].map((header) => header.split(': ') as [string, string]))
  const pasted = await fetch(url, { method: 'POST', headers, body })
  expect(pasted.status).toBe(200)
  expect(await pasted.text()).toContain('data: [DONE]')
})

test('a simple question goes straight to the model', async () => {
  const answer = await ask(signalbox.client, 'What is 2 + 2?')
  expect(answer.headers.get('x-signalbox-route')).toBe('simple')
  expect(answer.headers.get('x-session-id')).toBeNull()
  expect(answer.content).toContain('4')
  expect(answer.finishReason).toBe('stop')
})

test('a hard question is planned, run in parallel, shown while it runs, and answered with the right sources', async () => {
  const answer = await ask(signalbox.client, HARD)
  expect(answer.headers.get('x-signalbox-route')).toBe('complex')
  expect(answer.sessionId).toMatch(/^ses_/)
  expect(answer.finishReason).toBe('stop')

  const events = answer.chunks.flatMap(({ signalbox: extra }) => (extra?.type ? [extra] : []))
  const seqs = events.flatMap(({ seq }) => (seq === undefined ? [] : [seq]))
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  const started = events.filter(({ type }) => type === 'node.started').map(({ node_id: id }) => id)
  expect(started.length).toBeGreaterThanOrEqual(3)
  const firstDone = events.findIndex(({ type }) => type === 'node.completed')
  expect(events.slice(0, firstDone).filter(({ type }) => type === 'node.started').length).toBeGreaterThanOrEqual(2)
  expect(answer.progress.join('\n')).toMatch(/asking rag/i)

  expect(answer.content).toMatch(/\[1\]/)
  expect(answer.content).toContain('gettysburg-address.md')
  expect(answer.content).toContain('second-inaugural-address.md')
})

test('progress comes as reasoning, never together with content and never after it', async () => {
  const { chunks } = await ask(signalbox.client, HARD)
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
  expect(deltas[0]).toMatchObject({ role: 'assistant', content: '' })
  const firstContent = deltas.findIndex(({ content }) => content)
  expect(deltas.findLastIndex((delta) => 'reasoning_content' in delta)).toBeLessThan(firstContent)
  expect(deltas.filter((delta) => 'reasoning_content' in delta && delta.content)).toEqual([])
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
})

test('without streaming the same question gets the same kind of answer in one piece', async () => {
  const { data, response } = await signalbox.client.chat.completions
    .create({ model: 'signalbox-auto', messages: [{ role: 'user', content: HARD }] })
    .withResponse()
  expect(response.headers.get('x-signalbox-route')).toBe('complex')
  expect(response.headers.get('x-signalbox-status')).toBe('completed')
  expect(data.choices[0]?.finish_reason).toBe('stop')
  expect(data.choices[0]?.message.content).toContain('gettysburg-address.md')
  expect(data.usage?.total_tokens).toBeGreaterThan(0)
})

test('a session can be looked at, listed and, once ended, still not be canceled into something else', async () => {
  const { sessionId } = await ask(signalbox.client, HARD)
  const session = await api(`/sessions/${sessionId}`)
  expect(session.status).toBe(200)
  expect(session.body).toMatchObject({ id: sessionId, status: 'completed' })
  const list = await api('/sessions?limit=2')
  expect((list.body as { data: { id: string }[] }).data[0]?.id).toBe(sessionId)
  const deleted = await api(`/sessions/${sessionId}`, 'DELETE')
  expect(deleted.status).toBeLessThan(500)
  expect((await api(`/sessions/${sessionId}`)).body).toMatchObject({ status: 'completed' })
})

test('sessions of others, and ones that never were, are not found', async () => {
  const missing = await api('/sessions/ses_00000000000000000000000000')
  expect(missing.status).toBe(404)
  expect(missing.body).toMatchObject({ error: { type: expect.any(String), message: expect.any(String) } })
})

test('the models are the aliases and what the upstream has', async () => {
  const models = await signalbox.client.models.list()
  const ids = models.data.map(({ id }) => id)
  expect(ids).toEqual(expect.arrayContaining(['signalbox-auto', 'signalbox-simple', 'signalbox-orchestrated', 'scripted-large']))
})

async function api(path: string, method = 'GET'): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${signalbox.baseUrl}${path}`, { method, headers: { authorization: `Bearer ${signalbox.apiKey}` } })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}
