import { approvalPageSchema, type Approval } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask, type Answer } from './ask.ts'
import { startMockAgent, type MockAgentProcess } from './mock-agent-process.ts'
import { signalboxCommand, type CommandOutcome } from './signalbox-command.ts'
import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

/* People decide what an agent wants to do from the command line, while whoever asked for it holds the line. */

const TOKEN = 'e2e-service-token-0123456789'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let agent: MockAgentProcess
let signalbox: SignalboxProcess

beforeAll(async () => {
  folder = await temporaryFolder()
  agent = await startMockAgent(TOKEN)
  signalbox = await startSignalbox({ dataDir: folder.path, environment: { SERVICE_TOKEN: TOKEN, AGENT_URLS: agent.url, AGENT_REFRESH_S: '0.5' } })
})

afterAll(async () => {
  await signalbox?.[Symbol.asyncDispose]()
  await agent?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('what was approved runs, byte for byte and once, and the held stream goes on with it', async () => {
  const answer = hold('Ask mock-search to roll it out [ask deploy {"env":"prod","step":1}] [risk high].')
  const approval = await waiting('step')
  expect((await command('approvals', 'show', approval.id)).stdout).toContain(`sha256 ${approval.args_sha256}`)
  expect(await agent.done()).toEqual({})
  expect(await command('approvals', 'approve', approval.id, '--yes')).toMatchObject({ code: 2, stderr: expect.stringContaining('Say --confirm deploy too.') })
  expect(await command('approvals', 'approve', approval.id, '--yes', '--confirm', 'deploy', '--sha256', approval.args_sha256)).toMatchObject({ code: 0 })
  const { content, finishReason } = await answer
  expect([content, finishReason]).toEqual([expect.stringContaining('deploy ran with {"env":"prod","step":1}'), 'stop'])
  expect(await agent.done()).toEqual({ 'deploy {"env":"prod","step":1}': 1 })
  expect(await command('approvals', 'reject', approval.id)).toMatchObject({ code: 3, stderr: expect.stringContaining('approved by local') })
})

test('after an edit the changed bytes run, and the bytes that were asked for do not', async () => {
  const answer = hold('Ask mock-search to roll it out [ask deploy {"env":"prod","step":2}].')
  const approval = await waiting('step')
  const edited = await signalboxCommand(signalbox, ['approvals', 'edit', approval.id, '--args', '-', '--yes'], '{"step":2,"env":"staging"}')
  expect([edited.code, edited.stderr]).toEqual([0, '  /env: "prod" → "staging"\n'])
  expect((await answer).content).toContain('deploy ran with {"env":"staging","step":2} instead of {"env":"prod","step":2}')
  expect(await agent.done()).toMatchObject({ 'deploy {"env":"staging","step":2}': 1 })
  expect(await agent.done()).not.toHaveProperty(['deploy {"env":"prod","step":2}'])
})

test('a rejection and its reason change the plan: what rested on it is dropped, and the answer says why', async () => {
  const answer = hold('Ask mock-search to roll it out [ask deploy {"env":"prod","step":3}], then ask mock-search to check it.')
  const approval = await waiting('step')
  expect(await command('approvals', 'reject', approval.id, '--reason', 'not on a Friday')).toMatchObject({ code: 0 })
  const { content, progress } = await answer
  expect(content).toContain('rejected by local: not on a Friday')
  expect(progress.join('\n')).toMatch(/Plan revised: .*1 dropped \(ask-mock-search-2\)/)
  expect(await agent.done()).not.toHaveProperty(['deploy {"env":"prod","step":3}'])
})

test('an agent that forgot everything while it waited asks again, is told what was decided, and does it once', async () => {
  const answer = hold('Ask mock-search to roll it out [ask deploy {"env":"prod","step":4}].')
  const approval = await waiting('step')
  await agent.restart()
  expect(await command('approvals', 'approve', approval.id, '--yes')).toMatchObject({ code: 0 })
  await answer
  expect((await completed(approval.session_id)).stdout).toContain('deploy ran with {"env":"prod","step":4}')
  expect(await agent.done()).toEqual({ 'deploy {"env":"prod","step":4}': 1 })
})

test('an agent’s question is answered, and its answer is in the result', async () => {
  const answer = hold('Ask mock-search to roll it out [question Which region?].')
  const session = await eventually('a session that waits', async () => {
    const { stdout } = await command('sessions', 'list', '--all', '--status', 'waiting_input', '--json')
    return (JSON.parse(stdout) as { data: { id: string }[] }).data[0]
  })
  expect((await command('sessions', 'show', session.id)).stdout).toContain('Which region?')
  expect(await command('sessions', 'answer', session.id, 'eu-west-1')).toMatchObject({ code: 0 })
  await answer
  expect((await completed(session.id)).stdout).toContain('Region: eu-west-1')
})

test('all of it is on record, and the record is whole', async () => {
  const { stdout } = await command('audit', 'list', '--kind', 'approval.decided')
  expect(stdout.match(/local \(cli\)/g)).toHaveLength(4)
  const head = /head ([0-9a-f]{64})/.exec((await command('audit', 'verify')).stdout)?.[1] ?? ''
  expect(await command('audit', 'verify', '--head', head)).toMatchObject({ code: 0, stdout: expect.stringContaining('The record is whole') })
})

/** Asks, and holds the line. Whether a request that names its agent is hard is not told here. */
function hold(question: string): Promise<Answer> {
  return ask(signalbox.client, question, { model: 'signalbox-orchestrated' })
}

function command(...words: string[]): Promise<CommandOutcome> {
  return signalboxCommand(signalbox, words)
}

/** The one approval that waits. */
async function waiting(field: string): Promise<Approval> {
  return eventually('an approval', async () => {
    const { stdout } = await command('approvals', 'list', '--json')
    const { data } = approvalPageSchema.pick({ data: true }).parse(JSON.parse(stdout))
    return data.find(({ action }) => typeof action.args === 'object' && action.args !== null && field in action.args)
  })
}

async function completed(session: string): Promise<CommandOutcome> {
  return eventually('the session’s end', async () => {
    const shown = await command('sessions', 'show', session)
    return /^Status +completed/m.test(shown.stdout) ? shown : undefined
  })
}
