import type { AgentConnection, Json, OutgoingMessage, Task } from '@signalbox/a2a'
import { agentAsksSchema, EXTENSIONS, hashOf, type AgentAsk } from '@signalbox/contracts'
import { afterEach, describe, expect, test } from 'vitest'

import { deadline, send, startMockAgent, stream, textOfArtifacts, type StartedAgent } from './fixtures/start-mock-agent.ts'

describe('an agent that asks for a person’s word', () => {
  test('says so on its card', async () => {
    const { connection } = await start()
    expect((await connection.card({ signal: deadline() })).extensions).toContain(EXTENSIONS.approval)
  })

  test('waits with what it wants to do, and does nothing before', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(
      connection,
      'Roll it out. [ask deploy {"env": "prod"}] [risk high] [why it is Friday] [impact all users] [effect a restart] [irreversible]',
    )
    expect(task.status.state).toBe('auth-required')
    expect(asks).toEqual([
      {
        ref: 'ask-1',
        action: { type: 'deploy', title: 'Run deploy', args: { env: 'prod' }, side_effects: ['a restart'], reversible: false, secrets: [] },
        risk: 'high',
        why: 'it is Friday',
        impact: 'all users',
        editable: true,
      },
    ])
    expect(statementOf(task)).toBe("I need a person's word for: Run deploy.")
    expect((await executions()).done).toEqual({})
  })

  test('does what was approved, and says with which arguments', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}]')
    const done = await answer(connection, task, [approve(asks[0])])
    expect([done.id, done.status.state, textOfArtifacts(done)]).toEqual([task.id, 'completed', 'deploy ran with {"env":"prod"}'])
    expect((await executions()).done).toEqual({ 'deploy {"env":"prod"}': 1 })
  })

  test('runs the bytes of an edit, and says what it changed', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod","replicas":3}]')
    const done = await answer(connection, task, [edit(asks[0], { replicas: 1, env: 'staging' })])
    expect(textOfArtifacts(done)).toBe('deploy ran with {"env":"staging","replicas":1} instead of {"env":"prod","replicas":3}')
    expect((await executions()).done).toEqual({ 'deploy {"env":"staging","replicas":1}': 1 })
  })

  test.each<[string, (asked: AgentAsk | undefined) => Json, RegExp]>([
    ['an approval of other bytes', (asked) => ({ ...approve(asked), args_sha256: hashOf({ env: 'staging' }) }), /is for other bytes/],
    [
      'an edit whose hash is not that of its bytes',
      (asked) => ({ ...edit(asked, { env: 'x' }), args_sha256: hashOf({ env: 'y' }) }),
      /is not what was approved/,
    ],
    ['an edit without bytes', (asked) => ({ ...approve(asked), decision: 'edit' }), /brings no arguments/],
    ['a decision that nobody asked for', (asked) => ({ ...approve(asked), ref: 'ask-9' }), /Nobody asked for ask-9/],
  ])('does nothing on %s, and says so', async (_name, decide, fault) => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}]')
    const done = await answer(connection, task, [decide(asks[0])])
    expect([done.status.state, statementOf(done)]).toEqual(['failed', expect.stringMatching(fault)])
    expect((await executions()).done).toEqual({})
  })

  test('takes no edit where it says that it takes none', async () => {
    const { connection } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}] [no-edit]')
    expect(asks[0]?.editable).toBe(false)
    expect(statementOf(await answer(connection, task, [edit(asks[0], {})]))).toContain('takes no other arguments')
  })

  test('completes after a rejection, and says why it was not done', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}]')
    const done = await answer(connection, task, [reject(asks[0], 'not on a Friday')])
    expect([done.status.state, textOfArtifacts(done)]).toEqual(['completed', 'deploy was not done: rejected by alice: not on a Friday'])
    expect((await executions()).done).toEqual({})
  })

  test('that is strict fails after a rejection', async () => {
    const { connection } = await start()
    const { task, asks } = await ask(connection, '[ask-strict deploy {"env":"prod"}]')
    const done = await answer(connection, task, [reject(asks[0], 'no')])
    expect([done.status.state, statementOf(done)]).toEqual(['failed', 'It cannot be done without: deploy was not done: rejected by alice: no'])
  })

  test('asks for several things at once, and goes on once all are decided', async () => {
    const { connection } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}] [ask mail {"to":"all"}]')
    expect(asks.map(({ ref }) => ref)).toEqual(['ask-1', 'ask-2'])
    const half = await answer(connection, task, [reject(asks[0], 'no')])
    expect(half.status.state).toBe('auth-required')
    expect((await still(connection, task)).map(({ ref }) => ref)).toEqual(['ask-2'])
    const done = await answer(connection, task, [approve(asks[1])])
    expect(textOfArtifacts(done)).toBe('deploy was not done: rejected by alice: no\nmail ran with {"to":"all"}')
  })

  test('asks again once something was approved, and each of it is done once', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}] [ask-again]')
    expect((await answer(connection, task, [approve(asks[0])])).status.state).toBe('auth-required')
    const again = await still(connection, task)
    expect(again).toMatchObject([{ ref: 'again-1', action: { args: { env: 'prod' } } }])
    const done = await answer(connection, task, [approve(again[0])])
    expect([done.status.state, (await executions()).done]).toEqual(['completed', { 'deploy {"env":"prod"}': 2 }])
  })

  test('a decision that is sent twice under one key is taken once', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}] [act 100]')
    const [one, two] = await Promise.all([answer(connection, task, [approve(asks[0])], 'key'), answer(connection, task, [approve(asks[0])], 'key')])
    expect([one.status.state, two.status.state]).toEqual(['completed', 'completed'])
    expect((await executions()).done).toEqual({ 'deploy {"env":"prod"}': 1 })
  })

  test('a message that decides nothing changes nothing', async () => {
    const { connection } = await start()
    const { task } = await ask(connection, '[ask deploy {"env":"prod"}]')
    const after = await send(connection, { taskId: task.id, parts: [{ kind: 'text', text: 'Well?' }] })
    expect([after.status.state, (await still(connection, task)).length]).toEqual(['auth-required', 1])
  })

  test('goes on by itself where somebody approves it elsewhere', async () => {
    const { connection, executions } = await start()
    const events = await stream(connection, { parts: [{ kind: 'text', text: '[ask deploy {"env":"prod"}] [oob 100]' }] })
    expect(events.flatMap((event) => (event.type === 'status' ? [event.status.state] : []))).toEqual([
      'working',
      'auth-required',
      'working',
      'working',
      'completed',
    ])
    expect((await executions()).done).toEqual({ 'deploy {"env":"prod"}': 1 })
  })

  test('points to its secrets, and its result tells none of them', async () => {
    const { connection } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod","auth":{"token":"hunter2"}}] [ask mail {"to":"all"}] [secret /auth/token]')
    expect(asks.map(({ action }) => action.secrets)).toEqual([['/auth/token'], []])
    const done = await answer(connection, task, asks.map(approve))
    expect(textOfArtifacts(done)).toBe(
      `deploy ran with {"auth":{"token":"•••• (sha256 ${hashOf('hunter2').slice(0, 8)})"},"env":"prod"}\nmail ran with {"to":"all"}`,
    )
  })

  test('may fail at what was approved', async () => {
    const { connection, executions } = await start()
    const { task, asks } = await ask(connection, '[ask deploy {"env":"prod"}] [act fail]')
    const done = await answer(connection, task, [approve(asks[0])])
    expect([done.status.state, statementOf(done), (await executions()).done]).toEqual(['failed', 'deploy was approved, and failed.', {}])
  })

  test('says whatever it is given to say, hostile or not', async () => {
    const { connection } = await start()
    const evil = '<img src=x onerror="alert(1)">\u202e\u001b[2J]'
    const hostile = { type: 'deploy', title: evil, tool: evil, why: evil, impact: evil, side_effects: [evil], args: { [evil]: evil } }
    const { task, asks } = await ask(connection, `[ask ${JSON.stringify(hostile)}] [statement ${evil.replaceAll(/[[\]]/g, '')}]`)
    expect(asks[0]).toMatchObject({ why: evil, action: { title: evil, tool: evil, side_effects: [evil], args: { [evil]: evil } } })
    expect(statementOf(task)).toBe(evil.replaceAll(/[[\]]/g, ''))
  })

  test('is told by metadata as well', async () => {
    const { connection } = await start()
    const task = await send(connection, { parts: [{ kind: 'text', text: 'x' }], metadata: { mock: { asks: [{ type: 'deploy', args: [1] }] } } })
    expect((await still(connection, task))[0]?.action).toMatchObject({ type: 'deploy', args: [1] })
  })
})

describe('an agent that has a question', () => {
  test('takes the text of the next message for its answer', async () => {
    const { connection } = await start()
    const task = await send(connection, says('Deploy it. [question Which region?]'))
    expect([task.status.state, statementOf(task)]).toEqual(['input-required', 'Which region?'])
    const done = await send(connection, { taskId: task.id, parts: [{ kind: 'text', text: 'eu-west-1' }] })
    expect([done.status.state, textOfArtifacts(done)]).toEqual(['completed', 'Region: eu-west-1'])
  })

  test('asks several one after the other, and then for a person’s word', async () => {
    const { connection } = await start()
    const task = await send(connection, says('[question Which region?] [question How many?] [ask deploy {}]'))
    expect(statementOf(await send(connection, { taskId: task.id, parts: [{ kind: 'text', text: 'Oslo' }] }))).toBe('How many?')
    expect((await send(connection, { taskId: task.id, parts: [{ kind: 'text', text: '3' }] })).status.state).toBe('auth-required')
    const done = await answer(connection, task, [approve((await still(connection, task))[0])])
    expect(textOfArtifacts(done)).toBe('Region: Oslo\nHow many: 3\ndeploy ran with {}')
  })

  test('an answer that is sent twice under one key is one answer', async () => {
    const { connection } = await start()
    const task = await send(connection, says('[question Which region?] [question How many?]'))
    const reply: OutgoingMessage = { messageId: 'key', taskId: task.id, parts: [{ kind: 'text', text: 'Oslo' }] }
    expect(statementOf(await send(connection, reply))).toBe('How many?')
    expect(statementOf(await send(connection, reply))).toBe('How many?')
  })
})

const open: StartedAgent[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (agent) => agent[Symbol.asyncDispose]()))
})

async function start(): Promise<StartedAgent> {
  const agent = await startMockAgent('search')
  open.push(agent)
  return agent
}

function says(text: string): OutgoingMessage {
  return { messageId: 'ses/n1/0', parts: [{ kind: 'text', text }] }
}

/** Sends what makes the agent ask, and answers what it asks for. */
async function ask(connection: AgentConnection, text: string): Promise<{ task: Task; asks: AgentAsk[] }> {
  const events = await firstTurn(connection, says(text))
  const [first] = events
  if (first?.type !== 'task') throw new Error('the agent began with no task')
  const asked = events.at(-1)
  if (asked?.type !== 'status') throw new Error('the agent asked nothing')
  const { asks } = agentAsksSchema.parse(asked.metadata?.[EXTENSIONS.approval])
  return { task: { ...first.task, status: asked.status }, asks }
}

/** The stream stays open where an agent waits for a person's word; it is left then. */
async function firstTurn(connection: AgentConnection, message: OutgoingMessage) {
  const events = []
  for await (const event of connection.stream(message, { signal: deadline(), idempotencyKey: 'ses/n1/0' })) {
    events.push(event)
    if (event.type === 'status' && event.status.state === 'auth-required') break
  }
  return events
}

/** What the agent waits for now, as one who asks for its task is told. */
async function still(connection: AgentConnection, { id }: Task): Promise<AgentAsk[]> {
  const { metadata } = await connection.getTask(id, { signal: deadline() })
  return agentAsksSchema.parse(metadata?.[EXTENSIONS.approval]).asks
}

async function answer(connection: AgentConnection, { id }: Task, decisions: Json[], key?: string): Promise<Task> {
  const parts = decisions.map((data) => ({ kind: 'data' as const, data }))
  return send(connection, { taskId: id, parts, ...(key !== undefined && { messageId: key }) })
}

function decision(asked: AgentAsk | undefined, more: Record<string, Json>): Record<string, Json> {
  return { kind: 'approval-decision', ref: asked?.ref ?? '', args_sha256: hashOf(asked?.action.args ?? null), decided_by: ['alice'], ...more }
}

function approve(asked: AgentAsk | undefined): Record<string, Json> {
  return decision(asked, { decision: 'approve' })
}

function edit(asked: AgentAsk | undefined, args: Json): Record<string, Json> {
  return decision(asked, { decision: 'edit', args, args_sha256: hashOf(args) })
}

function reject(asked: AgentAsk | undefined, reason: string): Record<string, Json> {
  return decision(asked, { decision: 'reject', reason })
}

function statementOf({ status }: Task): string {
  return status.message?.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('') ?? ''
}
