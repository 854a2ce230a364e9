import { once } from 'node:events'

import { Role, TaskState, type Message, type SendMessageRequest, type StreamResponse, type Task } from '@a2a-js/sdk'
import {
  ClientFactory,
  ClientFactoryOptions,
  createAuthenticatingFetchWithRetry,
  JsonRpcTransportFactory,
  RestTransportFactory,
  type Client,
} from '@a2a-js/sdk/client'
import { eventually } from '@signalbox/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { agentThat, collect, CARD, gate, TOKEN, type Execute, type RunningAgent } from './fixtures/agent.ts'
import { textOf } from './model.ts'

/**
 * What A2A 1.0.1 demands of a server, asked by the protocol's own client over both of our bindings.
 * The sections are those of the specification.
 */
describe.each(['JSONRPC', 'HTTP+JSON'] as const)('by %s', (binding) => {
  describe('3.1.1 SendMessage', () => {
    test('answers with a task that has ended, its artifacts and what was said (3.2.2, 4.1.1)', async () => {
      const { client } = await speak(async (_turn, writer) => {
        writer.artifact({
          artifactId: 'result',
          name: 'Result',
          parts: [
            { kind: 'text', text: 'x' },
            { kind: 'data', data: { n: 1 } },
            { kind: 'file', url: 'https://example.org/a.png', mediaType: 'image/png', filename: 'a.png' },
            { kind: 'file', bytes: Uint8Array.of(1, 2, 3), mediaType: 'application/octet-stream' },
          ],
        })
        writer.complete({ text: 'done' })
      })
      const task = toTask(await client.sendMessage(message('hi')))
      expect(task).toMatchObject({
        status: { state: TaskState.TASK_STATE_COMPLETED, message: { role: Role.ROLE_AGENT, parts: [{ content: { value: 'done' } }] } },
        history: [{ messageId: 'm', role: Role.ROLE_USER }],
      })
      expect(task.artifacts[0]?.parts.map(({ content }) => content?.$case)).toEqual(['text', 'data', 'url', 'raw'])
      expect(task.artifacts[0]?.parts[2]).toMatchObject({ mediaType: 'image/png', filename: 'a.png' })
      expect(task.status?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    })

    test('waits for an interruption too, and no longer (3.2.2)', async () => {
      const { client } = await speak(async (_turn, writer) => writer.inputRequired('which?'))
      expect(toTask(await client.sendMessage(message('hi'))).status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED)
    })

    test('returns at once when asked to (3.2.2)', async () => {
      const { open, passed } = gate()
      const { client } = await speak(async () => passed)
      const { id, status } = toTask(await client.sendMessage(message('hi', {}, { returnImmediately: true })))
      expect(status?.state).toBe(TaskState.TASK_STATE_SUBMITTED)
      open()
      await eventually('it completes', async () => (await client.getTask(byId(id))).status?.state === TaskState.TASK_STATE_COMPLETED)
    })

    test('refuses a task it does not know, a context that is another’s, and a task that has ended (3.4.2, 3.4.3, 3.1.1)', async () => {
      const { client } = await speak(async (turn, writer) => (textOf(turn.message.parts) === 'ask' ? writer.inputRequired('?') : undefined))
      await refuses(client.sendMessage(message('hi', { taskId: 'made-up' })), 'TASK_NOT_FOUND')
      const asked = toTask(await client.sendMessage(message('ask')))
      await expect(client.sendMessage(message('hi', { taskId: asked.id, contextId: 'other' }))).rejects.toThrow(/context/)
      const ended = toTask(await client.sendMessage(message('hi')))
      await refuses(client.sendMessage(message('hi', { taskId: ended.id })), 'UNSUPPORTED_OPERATION')
    })

    test('infers the context from the task, and keeps one that the client brings (3.4.1, 3.4.3)', async () => {
      const { client } = await speak(async (turn, writer) => (turn.task.history.length === 0 ? writer.inputRequired('?') : writer.complete()))
      const first = toTask(await client.sendMessage(message('hi', { contextId: 'ours' })))
      const second = toTask(await client.sendMessage(message('this', { taskId: first.id })))
      expect([first.contextId, second.contextId, second.id]).toEqual(['ours', 'ours', first.id])
    })
  })

  describe('3.1.2 SendStreamingMessage', () => {
    test('begins with the task, tells updates in order, and closes at the end', async () => {
      const { client } = await speak(async (_turn, writer) => {
        writer.working('thinking')
        writer.text('one')
        writer.artifact({ artifactId: 'two', parts: [{ kind: 'data', data: null }] })
        writer.complete()
      })
      const events = await collect(client.sendMessageStream(message('hi')))
      expect(events.map(({ payload }) => payload?.$case)).toEqual(['task', 'statusUpdate', 'artifactUpdate', 'artifactUpdate', 'statusUpdate'])
      expect(stateOf(events.at(-1))).toBe(TaskState.TASK_STATE_COMPLETED)
    })

    test('closes at a question, and stays open while an authorization may still come (7.6.1, 11.7)', async () => {
      const { open, passed } = gate()
      const { client } = await speak(async (turn, writer) => {
        if (textOf(turn.message.parts) === 'ask') return writer.inputRequired('?')
        writer.authRequired('may I?')
        await passed
        writer.working()
      })
      expect((await collect(client.sendMessageStream(message('ask')))).map(stateOf)).toEqual([
        TaskState.TASK_STATE_SUBMITTED,
        TaskState.TASK_STATE_INPUT_REQUIRED,
      ])
      const states: (TaskState | undefined)[] = []
      for await (const event of client.sendMessageStream(message('go'))) {
        states.push(stateOf(event))
        if (states.at(-1) === TaskState.TASK_STATE_AUTH_REQUIRED) open()
      }
      expect(states).toEqual([TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_AUTH_REQUIRED, TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_COMPLETED])
    })
  })

  describe('3.1.3 GetTask and 3.2.4 history length', () => {
    test('brings all, none or the last of the history', async () => {
      const { client } = await speak(async (turn, writer) => (turn.task.history.length < 3 ? writer.inputRequired('?') : writer.complete()))
      const { id } = toTask(await client.sendMessage(message('one')))
      await client.sendMessage(message('two', { taskId: id }))
      const texts = async (historyLength?: number) =>
        (await client.getTask({ ...byId(id), historyLength })).history.map(({ parts }) => parts[0]?.content?.value as string)
      // The question that is still open stands in the status.
      expect(await texts()).toEqual(['one', '?', 'two'])
      expect(await texts(1)).toEqual(['two'])
      expect(await texts(0)).toEqual([])
      expect(await texts(99)).toHaveLength(3)
    })

    test('does not know a task that is not there', async () => {
      const { client } = await speak(async () => undefined)
      await refuses(client.getTask(byId('made-up')), 'TASK_NOT_FOUND')
    })
  })

  describe('3.1.4 ListTasks', () => {
    test('lists newest first, page by page, with all required fields; artifacts only when asked for', async () => {
      const { client } = await speak(async (_turn, writer) => writer.text('x'))
      for (let index = 0; index < 5; index += 1) await client.sendMessage(message('hi'))
      const seen: Task[] = []
      for (let pageToken: string | undefined; pageToken !== '';) {
        const page = await client.listTasks(query({ pageSize: 2, pageToken: pageToken ?? '' }))
        expect([page.totalSize, page.pageSize]).toEqual([5, 2])
        seen.push(...page.tasks)
        pageToken = page.nextPageToken
      }
      expect(new Set(seen.map(({ id }) => id)).size).toBe(5)
      const times = seen.map(({ status }) => status?.timestamp ?? '')
      expect(times).toEqual(times.toSorted().toReversed())
      expect(seen[0]?.artifacts).toEqual([])
      expect((await client.listTasks(query({ includeArtifacts: true }))).tasks[0]?.artifacts).toHaveLength(1)
    })

    test('filters, and refuses what is no filter', async () => {
      const { client } = await speak(async (turn, writer) => (textOf(turn.message.parts) === 'ask' ? writer.inputRequired('?') : undefined))
      await client.sendMessage(message('ask', { contextId: 'a' }))
      const { status } = toTask(await client.sendMessage(message('hi', { contextId: 'b' })))
      const contexts = async (filter: object) => (await client.listTasks(query(filter))).tasks.map(({ contextId }) => contextId)
      expect(await contexts({ contextId: 'a' })).toEqual(['a'])
      expect(await contexts({ status: TaskState.TASK_STATE_COMPLETED })).toEqual(['b'])
      expect(await contexts({ statusTimestampAfter: status?.timestamp })).toContain('b')
      expect(await contexts({ statusTimestampAfter: '2100-01-01T00:00:00Z' })).toEqual([])
      await expect(client.listTasks(query({ pageSize: 101 }))).rejects.toThrow(/pageSize/)
    })
  })

  describe('3.1.5 CancelTask', () => {
    test('cancels what works and what waits; again is the same; what has ended cannot be', async () => {
      const { client } = await speak(async (turn, writer) => {
        const text = textOf(turn.message.parts)
        if (text === 'ask') writer.inputRequired('?')
        if (text === 'work') await once(turn.signal, 'abort')
      })
      const works = toTask(await client.sendMessage(message('work', {}, { returnImmediately: true })))
      const waits = toTask(await client.sendMessage(message('ask')))
      for (const { id } of [works, waits, works])
        expect((await client.cancelTask({ tenant: '', id, metadata: undefined })).status?.state).toBe(TaskState.TASK_STATE_CANCELED)
      const done = toTask(await client.sendMessage(message('hi')))
      await refuses(client.cancelTask({ tenant: '', id: done.id, metadata: undefined }), 'TASK_NOT_CANCELABLE')
      await refuses(client.cancelTask({ tenant: '', id: 'made-up', metadata: undefined }), 'TASK_NOT_FOUND')
    })
  })

  describe('3.1.6 SubscribeToTask and 3.5.2 several streams', () => {
    test('begins with the task as it is; every stream has the same events in the same order; closing one closes no other', async () => {
      const steps = [gate(), gate(), gate()]
      const { client } = await speak(async (_turn, writer) => {
        for (const [index, { passed }] of steps.entries()) {
          await passed
          writer.artifact({ artifactId: 'a', parts: [{ kind: 'data', data: index }] }, { append: true })
        }
      })
      const { id } = toTask(await client.sendMessage(message('hi', {}, { returnImmediately: true })))
      const streams = [collect(client.resubscribeTask({ tenant: '', id })), collect(client.resubscribeTask({ tenant: '', id }))]
      const leaving = client.resubscribeTask({ tenant: '', id })
      expect((await leaving.next()).value).toMatchObject({ payload: { $case: 'task' } })
      steps[0]?.open()
      await leaving.next()
      await leaving.return()
      for (const { open } of steps) open()
      const [one, two] = await Promise.all(streams)
      expect(one?.map(({ payload }) => payload?.$case)[0]).toBe('task')
      expect(partsOf(one ?? [])).toEqual([0, 1, 2])
      expect(partsOf(two ?? [])).toEqual([0, 1, 2])
    })

    test('is refused on a task that has ended or is not there', async () => {
      const { client } = await speak(async () => undefined)
      const { id } = toTask(await client.sendMessage(message('hi')))
      await refuses(client.resubscribeTask({ tenant: '', id }).next(), 'UNSUPPORTED_OPERATION')
      await refuses(client.resubscribeTask({ tenant: '', id: 'made-up' }).next(), 'TASK_NOT_FOUND')
    })
  })

  describe('3.3.4 capabilities that are not declared', () => {
    test('are refused by their names', async () => {
      const { client } = await speak(async () => undefined)
      // Past the client, which would not even ask.
      const { transport } = client
      const spoken = { serviceParameters: { 'A2A-Version': '1.0' } }
      const config = { tenant: '', id: '1', taskId: 't', url: 'https://example.org', token: '', authentication: undefined }
      await refuses(transport.createTaskPushNotificationConfig(config, spoken), 'PUSH_NOTIFICATION_NOT_SUPPORTED')
      await refuses(transport.getTaskPushNotificationConfig(config, spoken), 'PUSH_NOTIFICATION_NOT_SUPPORTED')
      await refuses(
        transport.listTaskPushNotificationConfig({ tenant: '', taskId: 't', pageSize: 1, pageToken: '' }, spoken),
        'PUSH_NOTIFICATION_NOT_SUPPORTED',
      )
      await refuses(transport.deleteTaskPushNotificationConfig(config, spoken), 'PUSH_NOTIFICATION_NOT_SUPPORTED')
      await refuses(transport.getExtendedAgentCard({ tenant: '' }, spoken), 'UNSUPPORTED_OPERATION')
    })
  })

  describe('7 and 13.1 authentication and scoping', () => {
    test('a client that follows the card’s scheme gets in; others’ tasks are not found, and not listed', async () => {
      const { agent } = await speak(async () => undefined, TOKEN)
      const mine = await clientFor(agent, 'mine')
      const theirs = await clientFor(agent, 'theirs')
      const { id } = toTask(await mine.sendMessage(message('hi')))
      await refuses(theirs.getTask(byId(id)), 'TASK_NOT_FOUND')
      await refuses(theirs.cancelTask({ tenant: '', id, metadata: undefined }), 'TASK_NOT_FOUND')
      await refuses(theirs.resubscribeTask({ tenant: '', id }).next(), 'TASK_NOT_FOUND')
      await refuses(theirs.sendMessage(message('hi', { taskId: id })), 'TASK_NOT_FOUND')
      expect((await theirs.listTasks(query({}))).totalSize).toBe(0)
      expect((await mine.listTasks(query({}))).totalSize).toBe(1)
    })
  })

  async function speak(execute: Execute, token?: string): Promise<{ client: Client; agent: RunningAgent }> {
    const agent = await agentThat(execute, token === undefined ? {} : { token })
    return { agent, client: await clientFor(agent, 'anonymous') }
  }

  async function clientFor({ url }: RunningAgent, owner: string): Promise<Client> {
    const leaving = new AbortController()
    onTestFinished(() => leaving.abort())
    const headers = { 'authorization': `Bearer ${TOKEN}`, 'x-signalbox-owner': owner }
    const fetchImpl = createAuthenticatingFetchWithRetry((input, init) => fetch(input, { ...init, signal: leaving.signal }), {
      headers: async () => headers,
      shouldRetryWithHeaders: async () => undefined,
    })
    const factory = new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
        transports: [new JsonRpcTransportFactory({ fetchImpl }), new RestTransportFactory({ fetchImpl })],
        preferredTransports: [binding],
      }),
    )
    const client = await factory.createFromUrl(`${url}/`)
    expect([client.transport.protocolName, client.protocolVersion]).toEqual([binding, '1.0'])
    return client
  }
})

test('8.2 the card is where discovery looks for it, with every field that A2A requires', async () => {
  const { url } = await agentThat(async () => undefined)
  const card = (await (await fetch(`${url}/.well-known/agent-card.json`)).json()) as Record<string, unknown>
  for (const field of ['name', 'description', 'supportedInterfaces', 'version', 'capabilities', 'defaultInputModes', 'defaultOutputModes', 'skills'])
    expect(card).toHaveProperty(field)
  for (const field of ['id', 'name', 'description', 'tags']) expect((card['skills'] as object[])[0]).toHaveProperty(field)
  for (const field of ['url', 'protocolBinding', 'protocolVersion']) expect((card['supportedInterfaces'] as object[])[0]).toHaveProperty(field)
  expect(card['name']).toBe(CARD.name)
})

function message(text: string, more: Partial<Message> = {}, configuration: { returnImmediately?: boolean } = {}): SendMessageRequest {
  return {
    tenant: '',
    metadata: undefined,
    configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: false, ...configuration },
    message: {
      messageId: 'm',
      role: Role.ROLE_USER,
      parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }],
      contextId: '',
      taskId: '',
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
      ...more,
    },
  }
}

function byId(id: string) {
  return { tenant: '', id, historyLength: undefined }
}

function query(more: object) {
  return {
    tenant: '',
    contextId: '',
    status: 0,
    pageSize: undefined,
    pageToken: '',
    historyLength: undefined,
    statusTimestampAfter: undefined,
    includeArtifacts: undefined,
    ...more,
  }
}

function toTask(answer: Message | Task): Task {
  if ('messageId' in answer) throw new Error('the agent answered with a message')
  return answer
}

function stateOf(event: StreamResponse | undefined): TaskState | undefined {
  return event?.payload?.$case === 'task' || event?.payload?.$case === 'statusUpdate' ? event.payload.value.status?.state : undefined
}

function partsOf(events: readonly StreamResponse[]): unknown[] {
  return events.flatMap(({ payload }) => {
    const artifacts =
      payload?.$case === 'task' ? payload.value.artifacts : payload?.$case === 'artifactUpdate' && payload.value.artifact ? [payload.value.artifact] : []
    return artifacts.flatMap(({ parts }) => parts.map(({ content }) => content?.value as unknown))
  })
}

/** The client names the error by what the wire says of it; in a stream it keeps it as the cause. */
async function refuses(work: Promise<unknown>, reason: string): Promise<void> {
  const error = (await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as { reason?: string; cause?: { reason?: string } } | undefined
  expect(error?.reason ?? error?.cause?.reason).toBe(reason)
}
