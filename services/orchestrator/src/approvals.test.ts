import { type TaskWriter, type Turn } from '@signalbox/a2a'
import {
  approvalDecisionPartSchema,
  EXTENSIONS,
  hashOf,
  type ApprovalDecisionPart,
  type ApprovalDetail,
  type Plan,
  type PlanNode,
  type PlanRequest,
} from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { answerOf, call, node, planOf, startAgent, startOrchestrator, type World } from './fixtures/world.ts'

const says = (text: string) => (_turn: Turn, writer: TaskWriter) => writer.text(text)

/** Says what it was given: its instruction, and the results. */
const echoes = (turn: Turn, writer: TaskWriter): void =>
  writer.text(turn.message.parts.map((part) => (part.kind === 'text' ? part.text : JSON.stringify(part.kind === 'data' ? part.data : ''))).join(' '))

const asking = (...asks: { ref: string; args: unknown; type?: string; secrets?: string[] }[]) => ({
  [EXTENSIONS.approval]: {
    asks: asks.map(({ ref, args, type = 'deploy', secrets = [] }) => ({ ref, action: { type, title: `${type} ${ref}`, args, secrets } })),
  } as never,
})

const decisionsIn = ({ message }: Turn): ApprovalDecisionPart[] =>
  message.parts.flatMap((part) => (part.kind === 'data' ? (approvalDecisionPartSchema.safeParse(part.data).data ?? []) : []))

/** Asks for everything at once, goes on when all is decided, and says what it did. */
function deployer(args: Record<string, unknown>, heard: ApprovalDecisionPart[] = []) {
  return (turn: Turn, writer: TaskWriter): void => {
    const decisions = decisionsIn(turn)
    for (const decision of decisions) if (!heard.some(({ ref }) => ref === decision.ref)) heard.push(decision)
    const open = Object.entries(args).filter(([ref]) => !heard.some((decision) => decision.ref === ref))
    if (open.length > 0) return writer.authRequired('I want to deploy.', asking(...open.map(([ref, value]) => ({ ref, args: value }))))
    writer.text(
      heard
        .map(({ decision, ref, args: edited, reason }) => `${ref}: ${decision} ${JSON.stringify(edited ?? args[ref])}${reason ? ` (${reason})` : ''}`)
        .join('; '),
    )
  }
}

const gated = (id: string, agent: string, needs: string[] = []) => ({ ...node(id, agent, needs), approval: { why: 'It goes out.', risk: 'medium' as const } })

const waits = ({ view }: World, id: string) =>
  eventually('the session waits for people', async () => {
    const session = await view(id)
    return session.waiting_at !== null && session
  })

test('a node that the plan wants approved waits for a person while others go on, and the same stream tells of its end', async () => {
  const worker = await startAgent('worker', says('done'))
  const world = await startOrchestrator([worker], planOf(gated('send', 'worker'), node('look', 'worker'), node('answer', 'worker', ['send', 'look'])))
  const asked = world.ask('go')
  const [approval] = await world.asked()
  expect(approval).toMatchObject({ source: 'plan', node: 'send', risk: { level: 'medium' }, why: 'It goes out.', goal: 'go', requested_by: 'alice' })
  expect(approval?.args_sha256).toBe(hashOf(approval?.action.args))
  const session = await waits(world, await asked.id)
  expect(session).toMatchObject({ status: 'waiting_approval', nodes: { send: { state: 'waiting' }, look: { state: 'completed' } } })
  expect((await world.connection.getTask(session.id, call())).status.state).toBe('auth-required')
  expect(await world.decide(approval!, { decision: 'approve' })).toMatchObject({ status: 200, body: { state: 'approved' } })
  const { view, events } = await asked
  expect(view).toMatchObject({ status: 'completed', nodes: { send: { state: 'completed', attempts: 1 } } })
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['approval.requested', 'session.waiting', 'approval.decided', 'session.completed']))
})

test('a rejection with its reason goes to the planner, and to whoever answers', async () => {
  const requests: PlanRequest[] = []
  const worker = await startAgent('worker', echoes)
  const first = planOf(gated('send', 'worker'), node('answer', 'worker', ['send']))
  const second = planOf(gated('send', 'worker'), { ...node('draft', 'worker'), instruction: 'write a draft' }, node('answer', 'worker', ['send', 'draft']))
  const world = await startOrchestrator([worker], (request) => {
    requests.push(request)
    return request.current ? second : first
  })
  const asked = world.ask('go')
  const [approval] = await world.asked()
  await world.decide(approval!, { decision: 'reject', reason: 'Not on a Friday.' })
  const { view, events } = await asked
  expect(requests[1]?.current?.reason).toContain('Not on a Friday.')
  expect(view).toMatchObject({
    status: 'completed',
    plan_revision: 2,
    nodes: { send: { state: 'skipped', skip_reason: 'rejected', attempts: 0 }, draft: { state: 'completed' } },
    revisions: [{ reason: { kind: 'approval' }, added: ['draft'] }],
  })
  expect(answerOf(events)).toContain('Not on a Friday.')
})

test('an answer that was not approved is answered with why', async () => {
  const worker = await startAgent('worker', says('found it'))
  const world = await startOrchestrator([worker], planOf(node('look', 'worker'), gated('answer', 'worker', ['look'])))
  const asked = world.ask('go')
  const [approval] = await world.asked()
  await world.decide(approval!, { decision: 'reject', reason: 'Keep it inside.' })
  const { view, events } = await asked
  expect(view.status).toBe('completed')
  expect(answerOf(events)).toContain('Keep it inside.')
})

test('an edited instruction is what runs, and what was asked for is not', async () => {
  const worker = await startAgent('worker', echoes)
  const world = await startOrchestrator([worker], planOf(gated('send', 'worker'), node('answer', 'worker', ['send'])))
  const asked = world.ask('go')
  const [approval] = await world.asked()
  const args = { ...(approval!.action.args as object), instruction: 'send it to the team only' }
  expect(await world.decide(approval!, { decision: 'edit', edited_args: { ...args, agent: 'another' } })).toMatchObject({ status: 400 })
  expect(await world.decide(approval!, { decision: 'edit', edited_args: args })).toMatchObject({ status: 200 })
  const { view } = await asked
  expect(view.nodes['send']?.output?.text).toContain('send it to the team only')
  expect(view.nodes['send']?.output?.text).not.toContain('do send')
  expect(view.nodes['send']?.approved?.args_sha256).toBe(hashOf(args))
})

test('an agent that asks is told what was decided, and for which bytes', async () => {
  const heard: ApprovalDecisionPart[] = []
  const agent = await startAgent('deployer', deployer({ one: { env: 'prod' } }, heard), { extensions: [EXTENSIONS.approval] })
  const world = await startOrchestrator([agent], planOf(node('answer', 'deployer')))
  const asked = world.ask('deploy')
  const [approval] = await world.asked()
  expect(approval).toMatchObject({ source: 'agent', statement: 'I want to deploy.', action: { type: 'deploy', title: 'deploy one', args: { env: 'prod' } } })
  await waits(world, await asked.id)
  await world.decide(approval!, { decision: 'approve' })
  const { events, view } = await asked
  expect(answerOf(events)).toBe('one: approve {"env":"prod"}')
  expect(heard).toMatchObject([{ ref: 'one', decision: 'approve', args_sha256: hashOf({ env: 'prod' }), decided_by: ['Bob'] }])
  expect(view.nodes['answer']).toMatchObject({ attempts: 1, epoch: 1 })
})

test('an agent that asks is told what to do instead, secrets kept', async () => {
  const told: string[] = []
  const agent = await startAgent('deployer', (turn, writer) => {
    const [decision] = decisionsIn(turn)
    if (!decision) return writer.authRequired('May I?', asking({ ref: 'one', args: { env: 'prod', token: 's3cret' }, secrets: ['/token'] }))
    told.push(decision.args_sha256)
    writer.text(JSON.stringify(decision.args))
  })
  const world = await startOrchestrator([agent], planOf(node('answer', 'deployer')))
  const asked = world.ask('deploy')
  const [approval] = await world.asked()
  expect(JSON.stringify(approval)).not.toContain('s3cret')
  const { token } = approval!.action.args as { token: string }
  expect(await world.decide(approval!, { decision: 'edit', edited_args: { env: 'staging', token } })).toMatchObject({ status: 200 })
  const { events, view } = await asked
  expect(answerOf(events)).toBe('{"env":"staging","token":"s3cret"}')
  const decided = (await world.manage('GET', `/v1/approvals/${approval!.id}`, undefined, 'bob', { actor: {} })).body
  const audit = (await world.manage('GET', `/v1/audit?approval_id=${approval!.id}`, undefined, 'bob', { actor: { role: 'admin' } })).body
  const shown = JSON.stringify([approval, decided, audit, view.asks])
  expect(shown).toContain(`"edit":{"args":{"env":"staging","token":"${token}"}`)
  expect(shown).toContain('"kind":"approval.decided"')
  // Nor anything that a guess could be checked by; the agent, which has the secret, is told its bytes' own hash.
  const runs = hashOf({ env: 'staging', token: 's3cret' })
  for (const secret of ['s3cret', hashOf('s3cret').slice(0, 8), hashOf({ env: 'prod', token: 's3cret' }), runs]) expect(shown).not.toContain(secret)
  expect(shown).not.toContain('"seal"')
  expect(told).toEqual([runs])
})

test('a rejected agent may say so in its own words, and one that gives up does not fail the session', async () => {
  const polite = await startAgent('polite', deployer({ one: { env: 'prod' } }))
  const strict = await startAgent('strict', (turn, writer) => {
    if (decisionsIn(turn).length > 0) return writer.fail({ code: 'agent_failed', message: 'Then I cannot.' })
    writer.authRequired('May I?', asking({ ref: 'two', args: {} }))
  })
  const good = await startAgent('good', echoes)
  const world = await startOrchestrator([polite, strict, good], planOf(node('a', 'polite'), node('b', 'strict'), node('answer', 'good', ['a', 'b'])))
  const asked = world.ask('deploy')
  for (const approval of await world.asked(2)) await world.decide(approval, { decision: 'reject', reason: 'Too late.' })
  const { view } = await asked
  expect(view).toMatchObject({
    status: 'completed',
    nodes: { a: { state: 'completed', output: { text: 'one: reject {"env":"prod"} (Too late.)' } }, b: { state: 'skipped', skip_reason: 'rejected' } },
  })
})

test('three approvals of one agent may be decided in any order, and twice is once', async () => {
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    const agent = await startAgent('deployer', deployer({ a: 1, b: 2, c: 3 }))
    const world = await startOrchestrator([agent], planOf(node('answer', 'deployer')))
    const asked = world.ask('deploy')
    const approvals = (await world.asked(3)).toSorted((one, other) => one.action.title.localeCompare(other.action.title))
    for (const index of order) {
      expect((await world.decide(approvals[index]!, { decision: 'approve' })).status).toBe(200)
      expect((await world.decide(approvals[index]!, { decision: 'reject' })).status).toBe(409)
    }
    const { view, events } = await asked
    expect(view.status).toBe('completed')
    expect(answerOf(events)).toContain('a: approve 1')
    expect(Object.values(view.asks).map(({ state }) => state)).toEqual(['approved', 'approved', 'approved'])
  }
})

test('an approval outlives the orchestrator that asked', async () => {
  const agent = await startAgent('deployer', deployer({ one: 1 }))
  const good = await startAgent('good', echoes)
  const plan = planOf(gated('send', 'good'), node('deploy', 'deployer'), node('answer', 'good', ['send', 'deploy']))
  const first = await startOrchestrator([agent, good], plan)
  const asking = first.ask('deploy')
  asking.catch(() => undefined)
  const id = await asking.id
  const approvals = await first.asked(2)
  await waits(first, id)
  await first.listening.stop(0)
  const second = await startOrchestrator([agent, good], plan, { DATA_DIR: first.folder })
  expect(await second.asked(2)).toEqual(approvals)
  for (const approval of approvals) await second.decide(approval, { decision: 'approve' })
  const done = await eventually('it is done', async () => {
    const view = await second.view(id)
    return view.status === 'completed' && view
  })
  expect(done.nodes['deploy']).toMatchObject({ attempts: 1, output: { text: 'one: approve 1' } })
})

test('an agent that forgot its task while people thought about it is not decided about twice', async () => {
  let lost = false
  let asks = 0
  const agent = await startAgent(
    'forgetful',
    (turn, writer) => {
      if (decisionsIn(turn).length > 0) return writer.text('deployed')
      asks += 1
      writer.authRequired('May I?', asking({ ref: `try ${asks}`, args: { env: 'prod' } }))
    },
    {
      between: (tasks) => ({
        ...tasks,
        get: (id, caller, options) => tasks.get(lost ? 'gone' : id, caller, options),
        stream: (request, caller, signal) => {
          lost = false
          return tasks.stream(request, { ...caller, idempotencyKey: `${caller.idempotencyKey}/${asks}` }, signal)
        },
        send: tasks.send.bind(tasks),
        subscribe: tasks.subscribe.bind(tasks),
        list: tasks.list.bind(tasks),
        cancel: tasks.cancel.bind(tasks),
      }),
    },
  )
  const world = await startOrchestrator([agent], planOf(node('answer', 'forgetful')))
  const asked = world.ask('deploy')
  const [approval] = await world.asked()
  await waits(world, await asked.id)
  lost = true
  await world.decide(approval!, { decision: 'approve' })
  const { events, view } = await asked
  expect(answerOf(events)).toBe('deployed')
  expect(asks).toBe(2)
  expect(Object.keys(view.asks)).toHaveLength(1)
})

test('three orchestrators deep, each asks its own people, and the decision finds its way down', async () => {
  const leaf = await startAgent('deployer', deployer({ one: { env: 'prod' } }))
  const lowest = await startOrchestrator([leaf], planOf(node('answer', 'deployer')))
  const middle = await startOrchestrator([lowest.listening.url], planOf(node('answer', 'signalbox-orchestrator')))
  const top = await startOrchestrator([middle.listening.url], planOf(node('answer', 'signalbox-orchestrator')))
  const asked = top.ask('deploy')
  const [approval] = await top.asked()
  expect(approval).toMatchObject({ source: 'agent', action: { title: 'deploy one', args: { env: 'prod' } } })
  expect(await top.decide(approval!, { decision: 'edit', edited_args: { env: 'staging' } })).toMatchObject({ status: 200 })
  const { events } = await asked
  expect(answerOf(events)).toBe('one: edit {"env":"staging"}')
  const history = await lowest.manage('GET', '/v1/approvals?status=history', undefined, 'alice', { actor: {} })
  expect(history.body).toMatchObject({ data: [{ state: 'approved', decisions: [{ via: 'a2a', decision: 'edit' }] }] })
})

test('bytes with a secret are approved above, and run below as they were asked for', async () => {
  const heard: ApprovalDecisionPart[] = []
  const args = { env: 'prod', pin: '4711' }
  const leaf = await startAgent('deployer', deployer({ one: args }, heard))
  const lower = await startOrchestrator([leaf], planOf(node('answer', 'deployer')))
  const upper = await startOrchestrator([lower.listening.url], planOf(node('answer', 'signalbox-orchestrator')))
  const asked = upper.ask('deploy')
  const [approval] = await upper.asked()
  expect(approval?.action.args).toEqual({ env: 'prod', pin: expect.stringMatching(/^•••• \(keyed /) as string })
  expect(await upper.decide(approval!, { decision: 'approve', args_sha256: approval!.args_sha256 })).toMatchObject({ status: 200 })
  expect(answerOf((await asked).events)).toBe(`one: approve ${JSON.stringify(args)}`)
  expect(heard).toMatchObject([{ decision: 'approve', args_sha256: hashOf(args) }])
})

test('what a sub-plan asks its outer session waits for too', async () => {
  const agent = await startAgent('deployer', deployer({ one: 1 }))
  const inner = planOf(node('answer', 'deployer'))
  const outer: Plan = planOf({ id: 'sub', kind: 'plan', instruction: 'deploy it', needs: [], on_failure: 'fail' }, node('answer', 'deployer', ['sub']))
  const good = await startAgent('good', echoes)
  const world = await startOrchestrator([agent, good], (request) =>
    request.goal.startsWith('deploy it') ? inner : { ...outer, nodes: [outer.nodes[0]!, node('answer', 'good', ['sub'])] },
  )
  const asked = world.ask('go')
  const [approval] = await world.asked()
  const session = await waits(world, await asked.id)
  expect(session).toMatchObject({
    status: 'waiting_approval',
    nodes: { sub: { state: 'waiting', waits_for: 'others' } },
    asks: { [approval!.id]: { state: 'open' } },
  })
  expect(approval).toMatchObject({ root_session_id: session.id })
  expect(approval?.session_id).not.toBe(session.id)
  await world.decide(approval!, { decision: 'approve' })
  const { view, events } = await asked
  expect(view).toMatchObject({ status: 'completed', asks: { [approval!.id]: { state: 'approved' } } })
  expect(answerOf(events)).toContain('one: approve 1')
})

test('an agent’s question is answered by the next message, and the same message again answers nothing else', async () => {
  const agent = await startAgent('curious', (turn, writer) => {
    const said = turn.task.history
      .filter(({ role }) => role === 'user')
      .flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])))
    const answers = [
      ...said.slice(1),
      ...(turn.task.status.state === 'input-required' ? turn.message.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])) : []),
    ]
    if (answers.length === 0) return writer.inputRequired('Which region?')
    if (answers.length === 1) return writer.inputRequired('Which size?')
    writer.text(answers.join(', '))
  })
  const world = await startOrchestrator([agent], planOf(node('answer', 'curious')))
  const asked = world.ask('go')
  const id = await asked.id
  // A question ends the stream: its answer has one of its own.
  const { view } = await asked
  expect(view).toMatchObject({ status: 'waiting_input', questions: expect.objectContaining({}) })
  expect(Object.values(view.questions)).toMatchObject([{ text: 'Which region?', answer: null }])
  const first = world.connection.stream({ taskId: id, messageId: 'm1', parts: [{ kind: 'text', text: 'eu' }] }, call())
  for await (const event of first) if (event.type === 'status') expect(['working', 'input-required']).toContain(event.status.state)
  expect(Object.values((await world.view(id)).questions)).toMatchObject([{ answer: { text: 'eu' } }, { text: 'Which size?', answer: null }])
  const input = (text: string, key: string) => world.manage('POST', `/v1/sessions/${id}/input`, { text, key })
  expect((await input('eu', 'm1')).status).toBe(200)
  expect(Object.values((await world.view(id)).questions)).toMatchObject([{}, { answer: null }])
  expect((await input('large', 'm2')).status).toBe(200)
  const done = await eventually('it is done', async () => {
    const now = await world.view(id)
    return now.status === 'completed' && now
  })
  expect(done.answer?.text).toBe('eu, large')
})

test('an agent that goes on by itself is not waited for, and nobody is asked any more', async () => {
  const oob = Promise.withResolvers<void>()
  const agent = await startAgent('badge', async (_turn, writer) => {
    writer.authRequired('Show your badge at the door.')
    await oob.promise
    writer.working('Thank you.')
    writer.text('inside')
  })
  const world = await startOrchestrator([agent], planOf(node('answer', 'badge')), { SWEEP_EVERY_MS: 100 })
  const asked = world.ask('go')
  const [approval] = await world.asked()
  expect(approval).toMatchObject({ action: { type: 'agent.authorization', title: 'Show your badge at the door.' }, allowed: ['approve', 'reject'] })
  await waits(world, await asked.id)
  oob.resolve()
  const { events } = await asked
  expect(answerOf(events)).toBe('inside')
  await eventually('nobody is asked any more', async () => {
    const { body } = await world.manage('GET', `/v1/approvals/${approval!.id}`, undefined, 'alice', { actor: {} })
    return (body as unknown as ApprovalDetail).approval.state === 'superseded'
  })
}, 20_000)

test('a canceled session calls its waiting agents off, and asks nobody any more', async () => {
  const agent = await startAgent('deployer', deployer({ one: 1 }))
  const tasks: string[] = []
  const world = await startOrchestrator([agent], planOf(node('answer', 'deployer')))
  const asked = world.ask('deploy')
  const [approval] = await world.asked()
  const id = await asked.id
  tasks.push((await waits(world, id)).nodes['answer']?.task_id as string)
  await world.connection.cancelTask(id, call())
  const { view } = await asked
  expect(view).toMatchObject({ status: 'canceled', asks: { [approval!.id]: { state: 'superseded' } } })
  expect((await world.decide(approval!, { decision: 'approve' })).status).toBe(409)
})

test('the owner sees what is asked and cannot decide it; nobody else sees it', async () => {
  const agent = await startAgent('deployer', deployer({ one: 1 }))
  const world = await startOrchestrator([agent], planOf(node('answer', 'deployer')))
  void world.ask('deploy').catch(() => undefined)
  const [approval] = await world.asked()
  const path = `/v1/approvals/${approval!.id}`
  expect((await world.manage('GET', path, undefined, 'alice')).status).toBe(200)
  expect((await world.manage('POST', `${path}/decision`, { decision: 'approve' }, 'alice', { version: 1 })).status).toBe(403)
  expect((await world.manage('GET', path, undefined, 'mallory')).status).toBe(404)
  expect((await world.decide(approval!, { decision: 'approve' }, { id: 'user:alice', name: 'alice' })).status).toBe(403)
  expect((await world.decide(approval!, { decision: 'approve' }, { role: 'viewer' })).status).toBe(403)
  expect((await world.manage('POST', `${path}/decision`, { decision: 'approve' }, 'bob', { actor: {} })).status).toBe(428)
})

const gate = (id: string, needs: string[] = []): PlanNode => ({
  id,
  kind: 'approval',
  instruction: `Is ${id} all right?`,
  needs,
  on_failure: 'fail',
  approval: { why: 'Somebody has to know.', risk: 'low' },
})

test('what a rejected person’s word was to let through does not run, whatever else it rests on', async () => {
  let sent = 0
  const worker = await startAgent('worker', says('an offer'))
  const sender = await startAgent('sender', (_turn, writer) => {
    sent += 1
    writer.text('sent')
  })
  const plan = planOf(node('write', 'worker'), gate('check', ['write']), node('send', 'sender', ['check', 'write']), node('answer', 'worker', ['send']))
  const world = await startOrchestrator([worker, sender], plan)
  const asked = world.ask('go')
  const [approval] = await world.asked()
  await world.decide(approval!, { decision: 'reject', reason: 'No.' })
  expect((await asked).view.status).toBe('completed')
  expect(sent).toBe(0)
})

test('what is shared after an approval is not sent along with what was approved', async () => {
  const release = Promise.withResolvers<void>()
  let told = ''
  const putter = await startAgent('putter', async (_turn, writer) => {
    await release.promise
    writer.working('sharing', { [EXTENSIONS.context]: [{ name: 'target', value: 'somewhere else' }] as never })
    writer.text('shared')
  })
  const sender = await startAgent('sender', (turn, writer) => {
    told = JSON.stringify(turn.message.parts)
    writer.text('sent')
  })
  const plan = planOf(gated('send', 'sender'), node('put', 'putter'), node('answer', 'putter', ['send', 'put']))
  const world = await startOrchestrator([putter, sender], plan, { NODES_PER_SESSION: 1 })
  const asked = world.ask('go')
  const [approval] = await world.asked()
  // There is room for one: what was approved begins once the other has shared its value.
  await eventually('the other is at work', async () => (await world.view(await asked.id)).nodes['put']?.state === 'running')
  await world.decide(approval!, { decision: 'approve' })
  release.resolve()
  await asked
  expect(told).toContain('do send')
  expect(told).not.toContain('somewhere else')
})

test('an approval that leads to the next one tells whoever waits, in the session and above it', async () => {
  const good = await startAgent('good', says('ok'))
  const inner = planOf(gate('first'), gated('second', 'good', ['first']), node('answer', 'good', ['second']))
  const outer: Plan = planOf({ id: 'sub', kind: 'plan', instruction: 'inner', needs: [], on_failure: 'fail' }, node('answer', 'good', ['sub']))
  const world = await startOrchestrator([good], (request) => (request.goal.startsWith('inner') ? inner : outer))
  const asked = world.ask('go')
  const id = await asked.id
  const [first] = await world.asked()
  await waits(world, id)
  await world.decide(first!, { decision: 'approve' })
  const second = await eventually('the outer session shows the second', async () =>
    Object.values((await world.view(id)).asks).find(({ state, id: ask }) => state === 'open' && ask !== first!.id),
  )
  const [approval] = await world.asked()
  expect(approval?.id).toBe(second.id)
  await world.decide(approval!, { decision: 'approve' })
  const { view, events } = await asked
  expect(view.status).toBe('completed')
  expect(events.filter(({ type }) => type === 'session.waiting').length).toBeGreaterThanOrEqual(2)
})

test('what a sub-plan has cost is counted once, however often it waited', async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 0, total_tokens: 100, cost_usd: 0 }
  const spender = await startAgent('spender', (_turn, writer) => writer.complete({ metadata: { [EXTENSIONS.usage]: usage } }))
  const good = await startAgent('good', says('ok'))
  const inner = planOf(node('spend', 'spender'), gated('one', 'good', ['spend']), gated('two', 'good', ['one']), node('answer', 'good', ['two']))
  const outer: Plan = planOf({ id: 'sub', kind: 'plan', instruction: 'inner', needs: [], on_failure: 'fail' }, node('answer', 'good', ['sub']))
  const world = await startOrchestrator([spender, good], (request) => (request.goal.startsWith('inner') ? inner : outer))
  const asked = world.ask('go')
  for (let round = 0; round < 2; round += 1) {
    const [approval] = await world.asked()
    await world.decide(approval!, { decision: 'approve' })
    await eventually('it is decided', async () => (await world.asked(0)).every(({ id }) => id !== approval!.id))
  }
  expect((await asked).view.usage.total_tokens).toBe(100)
})
