import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { deadLetterPageSchema, sessionViewSchema } from '@signalbox/contracts'
import { temporaryFolder } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask } from './ask.ts'
import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

/* What those who run it do with sessions, over the public API and by the command line. */

const HARD = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'
const CLI = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))

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

test('all that a session did can be read again, from wherever a reader was', async () => {
  const { sessionId, content } = await ask(signalbox.client, HARD)
  const all = await eventsAfter(sessionId, undefined)
  expect(all.map(({ id }) => Number(id))).toEqual(all.map((_, index) => index + 1))
  expect(all.at(-1)?.data).toMatchObject({ type: 'session.completed' })
  expect(all.map(({ data }) => (data['type'] === 'answer.delta' ? data['text'] : '')).join('')).toContain(content.slice(0, 40))
  expect(await eventsAfter(sessionId, 5)).toEqual(all.slice(5))
})

test('a session whose budget is spent ends with what it found, and says so', async () => {
  const answer = await ask(signalbox.client, HARD, { headers: { 'x-signalbox-budget-tokens': '3900' } })
  expect(answer.finishReason).toBe('length')
  expect(answer.content).toMatch(/^The session's budget of 3900 tokens is spent \(\d+\)\. The answer was not written; this is what was found\./)
  expect(answer.content.length).toBeGreaterThan(200)
})

test('a session that failed is a dead letter, and the command line brings it back', async () => {
  await expect(ask(signalbox.client, HARD, { headers: { 'x-signalbox-budget-tokens': '300' } })).rejects.toThrow(/budget of 300 tokens is spent/)
  const listed = await signalboxCommand('dead-letters', 'list', '--json')
  const [dead] = deadLetterPageSchema.shape.data.parse((JSON.parse(listed.stdout) as { data: unknown }).data)
  const id = dead?.session_id ?? ''
  expect(dead).toMatchObject({ status: 'failed', goal: HARD, letters: [{ node: null, error: { code: 'budget_exceeded' } }] })

  const poor = await signalboxCommand('dead-letters', 'redrive', id)
  expect(poor.code).toBe(1)
  expect(poor.stderr).toContain('Give it a larger one.')
  expect(await signalboxCommand('dead-letters', 'redrive', id, '--budget-tokens', '100000')).toMatchObject({ code: 0, stdout: `${id} is active\n` })
  expect(await signalboxCommand('sessions', 'watch', id)).toMatchObject({ code: 0 })
  const view = await fetch(`${signalbox.baseUrl}/sessions/${id}`, withKey()).then(async (answer) => sessionViewSchema.parse(await answer.json()))
  expect(view).toMatchObject({ status: 'completed', stopped: null, dead_letters: [] })
  expect(view.answer?.citations.length).toBeGreaterThan(0)
  expect((await signalboxCommand('dead-letters', 'list')).stderr).toContain('There are no dead letters.')
})

test('who is asked, and how they are, is there to be seen', async () => {
  const { stdout } = await signalboxCommand('agents')
  expect(stdout).toMatch(/rag +ok +closed/)
  expect(stdout).toMatch(/reasoning +ok +closed/)
})

test.each(['ses_00000000000000000000000000', 'garbage', '..%2f..%2fetc', '%00'])('there is no session %s, whatever is asked of it', async (id) => {
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/events'],
    ['POST', '/pause'],
    ['POST', '/resume'],
  ] as const) {
    const answer = await fetch(`${signalbox.baseUrl}/sessions/${id}${path}`, { ...withKey(), method })
    expect([method, path, answer.status]).toEqual([method, path, 404])
    expect(await answer.json()).toMatchObject({ error: { message: expect.any(String), code: 'not_found' } })
  }
})

function withKey(headers: Record<string, string> = {}): RequestInit {
  return { headers: { authorization: `Bearer ${signalbox.apiKey}`, ...headers }, signal: AbortSignal.timeout(30_000) }
}

async function eventsAfter(sessionId: string | null, seen: number | undefined): Promise<{ id: string | undefined; data: Record<string, unknown> }[]> {
  const answer = await fetch(`${signalbox.baseUrl}/sessions/${sessionId}/events`, withKey(seen === undefined ? {} : { 'last-event-id': String(seen) }))
  const blocks = (await answer.text()).split('\n\n').filter((block) => block.includes('data: '))
  return blocks.map((block) => ({ id: /^id: (\d+)$/m.exec(block)?.[1], data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as Record<string, unknown> }))
}

/** Runs the `signalbox` command as its users do: a process of its own. */
async function signalboxCommand(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const environment = { ...process.env, SIGNALBOX_URL: signalbox.baseUrl.replace(/\/v1$/, ''), SIGNALBOX_API_KEY: signalbox.apiKey, NO_COLOR: '1' }
  const child = spawn(process.execPath, [CLI, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number | null]>])
  return { code, stdout, stderr }
}
