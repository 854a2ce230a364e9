import { eventually, temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

const HARD = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'

test('a session whose process is killed half way is finished by the next start, and finished nodes are not run again', async () => {
  await using folder = await temporaryFolder()
  const first = await startSignalbox({ dataDir: folder.path, environment: { SCRIPTED_LLM_DELAY_MS: '300' } })
  const response = await fetch(`${first.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${first.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'signalbox-orchestrated', stream: true, messages: [{ role: 'user', content: HARD }] }),
  })
  const id = response.headers.get('x-session-id') as string
  const before = await eventually('a node is done while others are not', async () => {
    const session = await readSession(first, id)
    return session.status === 'active' && Object.values(session.nodes).some(({ state }) => state === 'completed') ? session : undefined
  })
  await first.stop('SIGKILL')

  await using second = await startSignalbox({ dataDir: folder.path, ports: first.ports })
  const after = await eventually(
    'the session ends',
    async () => {
      const session = await readSession(second, id)
      return session.status === 'active' ? undefined : session
    },
    60_000,
  )
  expect(after.status).toBe('completed')
  expect(after.answer?.text).toContain('gettysburg-address.md')
  for (const [node, state] of Object.entries(before.nodes)) {
    if (state.state === 'completed') expect(after.nodes[node]).toEqual(state)
  }
})

interface SessionSeen {
  status: string
  answer: { text: string } | null
  nodes: Record<string, { state: string; finished_at?: string }>
}

async function readSession(signalbox: SignalboxProcess, id: string): Promise<SessionSeen> {
  const response = await fetch(`${signalbox.baseUrl}/sessions/${id}`, { headers: { authorization: `Bearer ${signalbox.apiKey}` } })
  return (await response.json()) as SessionSeen
}
