import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { eventually, freePorts } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

test('one mock agent runs alone in its own process, on its own port, and can be killed', async () => {
  const [port] = (await freePorts(1)) as [number]
  const child = run({ MOCK_AGENT: 'search', MOCK_NAME: 'voter-1', PORT: String(port) })
  const card = await eventually('the agent answers', () => cardAt(port), 20_000)
  expect(card).toMatchObject({ name: 'voter-1' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await cardAt(port)).toBeUndefined()
})

test('an agent of no kind that there is does not start, and says so', async () => {
  const child = run({ MOCK_AGENT: 'wizard' }, 'pipe')
  let said = ''
  child.stderr?.on('data', (piece: Buffer) => (said += piece.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  expect([code, said]).toEqual([1, expect.stringMatching(/MOCK_AGENT.*is none of reasoning, rag, search, analysis/)])
})

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function run(environment: Record<string, string>, stderr: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent', ...environment },
    stdio: ['ignore', 'ignore', stderr],
  })
  children.push(child)
  return child
}

async function cardAt(port: number): Promise<{ name: string } | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/.well-known/agent-card.json`)
    return (await answer.json()) as { name: string }
  } catch {
    return undefined
  }
}
