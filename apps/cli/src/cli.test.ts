import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { NO_USAGE } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { DONE, KEY, startApi, type Said, type TestApi } from './fixtures/api.ts'
import { environmentOf, runHere, startCli, type Outcome } from './fixtures/run-cli.ts'

let api: TestApi
beforeEach(async () => {
  api = await startApi()
})
afterEach(async () => {
  await api[Symbol.asyncDispose]()
})

const cli = (args: string[], environment: Record<string, string> = {}): Promise<Outcome> => startCli(args, { ...environmentOf(api), ...environment }).ended
const progress = (text: string): Said => ({ type: 'node.progress', node: 'n1', agent: 'rag', text })

describe('from a shell', () => {
  test('sessions are listed, to be read by people or by programs', async () => {
    const { view } = api.begin({ status: 'completed', usage: { prompt_tokens: 1_000, completion_tokens: 234, total_tokens: 1_234, cost_usd: 0.01 } })
    const { code, stdout, stderr } = await cli(['sessions', 'list'])
    expect([code, stderr]).toEqual([0, ''])
    const [titles, row] = stdout.trimEnd().split('\n')
    expect(titles).toMatch(/^SESSION +STATUS +TOKENS +BEGUN +GOAL$/)
    expect(row).toMatch(new RegExp(`^${view.id} +completed +1,234 +\\d+ \\w ago +compare A and B$`))
    expect(JSON.parse((await cli(['sessions', 'list', '--json'])).stdout)).toEqual({ object: 'list', data: [view], has_more: false })
  })

  test('colours are shown where they are asked for, and never against NO_COLOR', async () => {
    const { id } = api.begin({ status: 'failed' }).view
    expect((await cli(['sessions', 'show', id], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[')
    expect((await cli(['sessions', 'list'], { NO_COLOR: '1' })).stdout).not.toContain('\u001b[')
    expect((await cli(['sessions', 'list'])).stdout).not.toContain('\u001b[')
  })

  test('a table is as wide as it is told to be', async () => {
    api.begin({ goal: 'x'.repeat(300) })
    const { stdout } = await cli(['sessions', 'list'], { COLUMNS: '72' })
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBe(72)
  })

  test('dropping asks nobody where nobody is, and needs --yes then', async () => {
    const { view } = api.begin({
      status: 'failed',
      dead_letters: [{ node: 'n1', agent: 'rag', error: { code: 'agent_failed', message: 'x' }, attempts: 3, at: '2026-11-21T08:00:00.000Z' }],
    })
    const refused = await cli(['dead-letters', 'drop', view.id])
    expect(refused).toMatchObject({ code: 2, stderr: 'signalbox: There is nobody to ask here. Say --yes to drop them.\n' })
    expect(view.dead_letters).toHaveLength(1)
    expect(await cli(['dead-letters', 'drop', view.id, '--yes'])).toMatchObject({ code: 0, stdout: `The dead letters of ${view.id} are dropped.\n` })
    expect(view.dead_letters).toEqual([])
  })

  test('whoever has read enough, as head does, ends it quietly', async () => {
    const session = api.begin()
    session.say({ type: 'session.created' })
    const watching = startCli(['sessions', 'watch', session.view.id], environmentOf(api))
    await eventually('the first event', () => watching.stdout().includes('Begun'))
    watching.readNoMore()
    session.say(progress('one'))
    const { code, stderr } = await watching.ended
    expect(code).toBe(0)
    expect(stderr).not.toContain('EPIPE')
  })
})

describe('watch', () => {
  test('tells what happens as it happens, and the answer at the end', async () => {
    const session = api.begin()
    session.say({ type: 'session.created' }, { type: 'plan.started', agents: ['rag'] })
    const watching = startCli(['sessions', 'watch', session.view.id], environmentOf(api))
    await eventually('the plan', () => watching.stdout().includes('Planning with rag'))
    session.say(progress('reading'), { type: 'answer.delta', node: 'n2', agent: 'reasoning', offset: 0, text: 'A' })
    await eventually('the answer', () => watching.stdout().includes('Writing the answer'))
    Object.assign(session.view, {
      status: 'completed',
      answer: { text: 'A is older [1].', citations: [{ n: 1, source: 'a.md', title: 'A', start: 0, end: 1 }] },
    })
    session.say(DONE)
    const { code, stdout, stderr } = await watching.ended
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`08:00:00  Begun
08:00:00  Planning with rag
08:00:00  n1  rag: reading
08:00:00  n2  Writing the answer
08:00:00  Completed

A is older [1].

Sources
  [1] A (a.md)
`)
  })

  test('a line that is cut is taken up where it broke off: nothing twice, nothing lost', async () => {
    const session = api.begin()
    session.say({ type: 'session.created' }, progress('one'))
    const watching = startCli(['sessions', 'watch', session.view.id, '--json'], environmentOf(api))
    await eventually('the second event', () => watching.stdout().includes('"one"'))
    api.cut()
    session.say(progress('two'))
    await eventually('the third event', () => watching.stdout().includes('"two"'))
    api.cut()
    session.view.status = 'completed'
    session.say(progress('three'), DONE)
    const { code, stdout, stderr } = await watching.ended
    expect(code).toBe(0)
    expect(seqsOf(stdout)).toEqual([1, 2, 3, 4, 5])
    expect(stderr).toContain('Trying again')
    expect(api.taken.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '3'])
  })

  test('a gateway that stops, and one that is not ready yet, are waited for', async () => {
    const session = api.begin()
    session.say({ type: 'session.created' })
    const watching = startCli(['sessions', 'watch', session.view.id, '--json'], environmentOf(api))
    await eventually('a follower', () => api.followers() === 1 && watching.stdout() !== '')
    let refused = 0
    api.answerInstead = (_request, response) => {
      if (refused++ > 1) return false
      const body = JSON.stringify({ error: { message: 'The gateway is stopping.', type: 'server_error', param: null, code: 'unavailable' } })
      if (refused === 1) response.writeHead(503, { 'content-type': 'application/json' }).end(body)
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${body}\n\n`)
      return true
    }
    api.cut()
    session.view.status = 'completed'
    session.say(DONE)
    expect(seqsOf((await watching.ended).stdout)).toEqual([1, 2])
    expect(refused).toBeGreaterThan(2)
  })

  test('--after leaves out what is known, also when all is', async () => {
    const session = api.begin({ status: 'completed' })
    session.say({ type: 'session.created' }, progress('one'), DONE)
    expect(seqsOf((await runHere(['sessions', 'watch', session.view.id, '--json', '--after', '1'], api)).stdout)).toEqual([2, 3])
    expect(await runHere(['sessions', 'watch', session.view.id, '--json', '--after', '3'], api)).toMatchObject({ code: 0, stdout: '' })
  })

  test('the exit code is 1 where the session did not complete', async () => {
    const session = api.begin({ status: 'failed' })
    session.say({ type: 'session.created' }, { type: 'session.failed', error: { code: 'agent_failed', message: 'rag broke' }, usage: NO_USAGE })
    const { code, stdout } = await runHere(['sessions', 'watch', session.view.id], api)
    expect(code).toBe(1)
    expect(stdout).toContain('Failed: rag broke')
  })

  test('a redriven session is watched past its first end', async () => {
    const session = api.begin()
    session.say({ type: 'session.failed', error: { code: 'agent_failed', message: 'x' }, usage: NO_USAGE }, { type: 'session.redriven', nodes: ['n1'] })
    const watching = startCli(['sessions', 'watch', session.view.id], environmentOf(api))
    await eventually('the redrive', () => watching.stdout().includes('Trying again: n1'))
    session.view.status = 'completed'
    session.say(DONE)
    expect((await watching.ended).code).toBe(0)
  })

  test('Ctrl-C stops watching, cleanly, and the line is let go', async () => {
    const session = api.begin()
    session.say({ type: 'session.created' })
    const watching = startCli(['sessions', 'watch', session.view.id], environmentOf(api))
    await eventually('the first event', () => watching.stdout().includes('Begun'))
    watching.kill('SIGINT')
    expect(await watching.ended).toEqual({ code: 0, stdout: '08:00:00  Begun\n', stderr: 'Stopped watching. The session goes on.\n' })
    await eventually('the line is closed', () => api.followers() === 0)
  })

  test('Ctrl-C also ends the wait for a gateway that is away', async () => {
    const session = api.begin()
    session.say({ type: 'session.created' })
    const watching = startCli(['sessions', 'watch', session.view.id], environmentOf(api))
    await eventually('the first event', () => watching.stdout().includes('Begun'))
    await api[Symbol.asyncDispose]()
    await eventually('the break', () => watching.stderr().includes('Trying again'))
    watching.kill('SIGINT')
    expect((await watching.ended).code).toBe(0)
    api = await startApi()
  })

  test('a session that is not there is an error at once', async () => {
    expect(await runHere(['sessions', 'watch', 'ses_nonsense'], api)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'signalbox: There is no such session. Yours are listed by signalbox sessions list and signalbox dead-letters list.\n',
    })
  })

  test('an event of a later version is passed over by people and passed on to programs', async () => {
    const session = api.begin({ status: 'completed' })
    session.say({ type: 'session.created' })
    session.events.push({ type: 'node.dreamt', seq: 2, at: '2026-11-21T08:00:00.000Z' } as unknown as (typeof session.events)[number])
    session.say(DONE)
    const { code, stdout, stderr } = await runHere(['sessions', 'watch', session.view.id], api)
    expect([code, stderr]).toEqual([0, 'Event 2 is of a kind that this signalbox does not know.\n'])
    expect(stdout).toContain('Completed')
    expect((await runHere(['sessions', 'watch', session.view.id, '--json'], api)).stdout).toContain('"node.dreamt"')
  })
})

describe('the gateway and its key', () => {
  test('a gateway that is not there: one line that says what to do', async () => {
    const { url } = api
    await api[Symbol.asyncDispose]()
    expect(await startCli(['agents'], { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: KEY }).ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `signalbox: Cannot reach ${url} (ECONNREFUSED). Start it with npm start, or name another gateway with --url or SIGNALBOX_URL.\n`,
    })
    api = await startApi()
  })

  test('the key of npm start is found in its data folder, by --data or DATA_DIR', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'dev-api-key'), `${KEY}\n`)
    api.begin()
    for (const [args, environment] of [
      [['--data', folder.path], {}],
      [[], { DATA_DIR: folder.path }],
    ] as const) {
      expect((await startCli(['sessions', 'list', '--url', `${api.url}/v1/`, ...args], environment).ended).code).toBe(0)
    }
  })

  test('no key at all: one line that says where it was looked for', async () => {
    await using folder = await temporaryFolder()
    const { code, stderr } = await startCli(['agents', '--url', api.url, '--data', folder.path]).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^signalbox: No API key: .*there is no .*dev-api-key\. .*--data\.\n$/)
    expect(api.taken).toEqual([])
  })

  test('a key that is refused: where it came from, and never the key', async () => {
    const { code, stderr } = await runHere(['agents'], api, { environment: { SIGNALBOX_API_KEY: 'sbx_wrong' } })
    expect([code, stderr]).toEqual([1, 'signalbox: The gateway refused the API key from SIGNALBOX_API_KEY. Set SIGNALBOX_API_KEY to one of its keys.\n'])
  })

  test('the key of this machine goes to no other', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.path, { recursive: true })
    await writeFile(join(folder.path, 'dev-api-key'), KEY)
    await chmod(join(folder.path, 'dev-api-key'), 0o600)
    const { code, stderr } = await startCli(['agents', '--url', 'http://signalbox.example', '--data', folder.path]).ended
    expect([code, stderr]).toEqual([1, 'signalbox: No API key for http://signalbox.example. Set SIGNALBOX_API_KEY to one of its keys.\n'])
  })
})

test('hostile text does nothing on a terminal, in tables, pages, events and JSON', async () => {
  const evil = 'x\u001b[2J\u001b]0;title\u0007\u202e\u009b31m\r\nnext'
  const session = api.begin({
    goal: evil,
    status: 'failed',
    error: { code: 'agent_failed', message: evil, node: evil },
    answer: { text: evil, citations: [{ n: 1, source: evil, title: evil, start: 0, end: 1 }] },
    context: { [evil]: { value: evil, node: evil, at: '2026-11-21T08:00:00.000Z' } },
    dead_letters: [{ node: evil, agent: evil, error: { code: evil, message: evil }, attempts: 3, at: '2026-11-21T08:00:00.000Z' }],
  })
  session.say(
    { type: 'node.failed', node: evil, agent: evil, error: { code: evil, message: evil } },
    { type: 'session.failed', error: { code: evil, message: evil }, usage: NO_USAGE },
  )
  api.agents.push({
    id: evil,
    url: evil,
    healthy: false,
    last_seen_at: null,
    last_error: evil,
    card: { name: evil, description: evil, version: evil, skills: [{ id: evil, name: evil, description: evil }] },
    breaker: { state: 'closed', failures: 0, retry_at: null },
    calls: 0,
  })
  const { id } = session.view
  const commands = [
    ['sessions', 'list'],
    ['sessions', 'show', id],
    ['sessions', 'watch', id],
    ['dead-letters', 'list'],
    ['dead-letters', 'show', id],
    ['agents'],
  ]
  for (const command of commands.flatMap((words) => [words, [...words, '--json']])) {
    const { stdout, stderr } = await runHere(command, api)
    expect(stdout).toContain('x')
    expect(`${stdout}${stderr}`).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u)
    if (command.includes('--json'))
      for (const line of command.includes('watch') ? stdout.trim().split('\n') : [stdout])
        expect(line.includes('next') && typeof JSON.parse(line)).toBe('object')
  }
})

function seqsOf(lines: string): number[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { seq: number }).seq)
}
