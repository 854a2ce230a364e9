import { A2A_PROTOCOL_VERSION, AgentCard as SdkCard } from '@a2a-js/sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { CARD } from '../fixtures/agent.ts'
import type { Json, Part, StreamEvent, Task } from '../model.ts'
import { readCard, toWireCard } from './card.ts'
import { readAnswer, readSendRequest, readStreamEvent, readTask, readTaskPage, readTaskQuery } from './from-wire.ts'
import { parseJson } from './parse-json.ts'
import { toWireAnswer, toWireEvent, toWirePage, toWireQuery, toWireTask } from './to-wire.ts'

const text = fc.string({ unit: 'binary', maxLength: 20 })
const id = fc.string({ minLength: 1, maxLength: 40 })
const metadata = fc.dictionary(
  text.filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json),
)
const labels = fc.record({ mediaType: id, filename: id, metadata }, { requiredKeys: [] })
const part: fc.Arbitrary<Part> = fc
  .tuple(
    fc.oneof(
      fc.record({ kind: fc.constant('text' as const), text }),
      fc.record({ kind: fc.constant('data' as const), data: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json) }),
      fc.record({ kind: fc.constant('file' as const), bytes: fc.uint8Array({ maxLength: 30 }) }),
      fc.record({ kind: fc.constant('file' as const), url: fc.webUrl() }),
    ),
    labels,
  )
  .map(([content, more]) => ({ ...content, ...more }))
const message = fc.record(
  {
    messageId: id,
    role: fc.constantFrom('user' as const, 'agent' as const),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    contextId: id,
    taskId: id,
    metadata,
    extensions: fc.array(id, { minLength: 1, maxLength: 2 }),
    referenceTaskIds: fc.array(id, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['messageId', 'role', 'parts'] },
)
const status = fc.record(
  {
    state: fc.constantFrom(
      'submitted' as const,
      'working' as const,
      'input-required' as const,
      'auth-required' as const,
      'completed' as const,
      'failed' as const,
      'canceled' as const,
      'rejected' as const,
    ),
    message,
    timestamp: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((date) => date.toISOString()),
  },
  { requiredKeys: ['state', 'timestamp'] },
)
const artifact = fc.record(
  { artifactId: id, name: id, description: id, parts: fc.array(part, { maxLength: 3 }), metadata, extensions: fc.array(id, { minLength: 1, maxLength: 2 }) },
  { requiredKeys: ['artifactId', 'parts'] },
)
const task = fc.record(
  { id, contextId: id, status, artifacts: fc.array(artifact, { maxLength: 2 }), history: fc.array(message, { maxLength: 2 }), metadata },
  { requiredKeys: ['id', 'contextId', 'status', 'artifacts', 'history'] },
)
const event = fc.oneof(
  task.map((value): StreamEvent => ({ type: 'task', task: value })),
  message.map((value): StreamEvent => ({ type: 'message', message: value })),
  fc.record(
    { type: fc.constant('status' as const), taskId: id, contextId: id, status, metadata },
    { requiredKeys: ['type', 'taskId', 'contextId', 'status'] },
  ) as fc.Arbitrary<StreamEvent>,
  fc.record({
    type: fc.constant('artifact' as const),
    taskId: id,
    contextId: id,
    artifact,
    append: fc.boolean(),
    lastChunk: fc.boolean(),
  }) as fc.Arbitrary<StreamEvent>,
)

describe('what goes over the wire comes back as it was', () => {
  test('events', () => fc.assert(fc.property(event, (value) => void expect(readStreamEvent(overTheWire(toWireEvent(value)))).toEqual(value))))
  test('tasks', () => fc.assert(fc.property(task, (value) => void expect(readTask(overTheWire(toWireTask(value)))).toEqual(value))))
  test('answers', () =>
    fc.assert(fc.property(fc.oneof(task, message), (value) => void expect(readAnswer(overTheWire(toWireAnswer(value as Task)))).toEqual(value))))

  test('even a null, which the SDK’s codec loses on its own', () => {
    const value: StreamEvent = { type: 'message', message: { messageId: 'm', role: 'agent', parts: [{ kind: 'data', data: null }] } }
    expect(readStreamEvent(overTheWire(toWireEvent(value)))).toEqual(value)
  })

  test('queries and pages', () => {
    const query = {
      contextId: 'c',
      state: 'input-required' as const,
      statusSince: '2026-01-02T03:04:05.000Z',
      pageSize: 7,
      pageToken: 't',
      historyLength: 0,
      includeArtifacts: true,
    }
    expect(readTaskQuery(overTheWire(toWireQuery(query)))).toEqual(query)
    const page = { tasks: [], nextPageToken: '', pageSize: 7, totalSize: 0 }
    expect(toWirePage(page, false)).toEqual(page)
    expect(readTaskPage(overTheWire(toWirePage(page, false)))).toEqual(page)
  })
})

describe('a page of tasks', () => {
  const one: Task = { id: 't', contextId: 'c', status: { state: 'working', timestamp: '2026-01-01T00:00:00.000Z' }, artifacts: [], history: [] }
  test('has no artifacts field unless artifacts were asked for, and an empty one where there are none', () => {
    const page = { tasks: [one], nextPageToken: '', pageSize: 1, totalSize: 1 }
    expect((toWirePage(page, false)['tasks'] as object[])[0]).not.toHaveProperty('artifacts')
    expect((toWirePage(page, true)['tasks'] as object[])[0]).toHaveProperty('artifacts', [])
  })
})

describe('what callers send', () => {
  const good = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  test.each([
    ['a role of nobody', { message: { ...good, role: 'wizard' } }, 'message.role'],
    ['the role of an agent', { message: { ...good, role: 'ROLE_AGENT' } }, 'message.role'],
    ['a role by its number', { message: { ...good, role: 1 } }, 'message.role'],
    ['parts that are no list', { message: { ...good, parts: 'nope' } }, 'message.parts'],
    ['no parts', { message: { ...good, parts: [] } }, 'message.parts'],
    ['a part of the old protocol', { message: { ...good, parts: [{ kind: 'text', content: 'hi' }] } }, 'message.parts[0]'],
    ['a part of two contents', { message: { ...good, parts: [{ text: 'hi', url: 'http://x' }] } }, 'message.parts[0]'],
    ['bytes that are no base64', { message: { ...good, parts: [{ raw: 'ü' }] } }, 'message.parts[0].raw'],
    ['no message id', { message: { ...good, messageId: '' } }, 'message.messageId'],
    ['a message id in snake case', { message: { role: 'ROLE_USER', parts: [{ text: 'hi' }], message_id: 'm' } }, 'message.messageId'],
    ['an endless id', { message: { ...good, contextId: 'x'.repeat(257) } }, 'message.contextId'],
    ['metadata that is a list', { message: { ...good, metadata: [1] } }, 'message.metadata'],
    ['a flag that is a word', { message: good, configuration: { returnImmediately: 'false' } }, 'configuration.returnImmediately'],
    ['a history length below nothing', { message: good, configuration: { historyLength: -1 } }, 'configuration.historyLength'],
    ['no message', {}, 'message'],
  ])('with %s is refused by the name of the field', (_what, params, param) => {
    expect(() => readSendRequest(params)).toThrow(expect.objectContaining({ code: 'invalid_request', param }) as Error)
  })

  test('a push configuration is refused as what it is', () => {
    expect(() => readSendRequest({ message: good, configuration: { taskPushNotificationConfig: { url: 'http://x' } } })).toThrow(
      expect.objectContaining({ details: { reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' } }) as Error,
    )
  })

  test('nulls and empty ids stand for nothing; what A2A does not name in camel case is not read', () => {
    expect(
      readSendRequest({
        message: { ...good, contextId: '', taskId: null, metadata: null, context_id: 'sneaky', task_id: { a: 1 } },
        configuration: null,
        tenant: 'x',
        more: 1,
      }),
    ).toEqual({
      message: { messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
      returnImmediately: false,
    })
  })

  test('bytes come in either alphabet of base64', () => {
    const parts = [{ raw: '+/8=' }, { raw: '-_8' }]
    expect(readSendRequest({ message: { ...good, parts } }).message.parts).toEqual(parts.map(() => ({ kind: 'file', bytes: Uint8Array.of(0xfb, 0xff) })))
  })

  test.each([
    [{ pageSize: 0 }, 'pageSize'],
    [{ pageSize: 101 }, 'pageSize'],
    [{ status: 'TASK_STATE_RUNNING' }, 'status'],
    [{ statusTimestampAfter: 'yesterday' }, 'statusTimestampAfter'],
    [{ includeArtifacts: 1 }, 'includeArtifacts'],
  ])('a query with %j is refused by the name of the field', (params, param) => {
    expect(() => readTaskQuery(params)).toThrow(expect.objectContaining({ code: 'invalid_request', param }) as Error)
  })

  test('a query’s time is read in any offset, and its defaults are those of the specification', () => {
    expect(readTaskQuery({ statusTimestampAfter: '2026-01-02T03:04:05+02:00', status: 'TASK_STATE_UNSPECIFIED' })).toEqual({
      statusSince: '2026-01-02T01:04:05.000Z',
      pageSize: 50,
      includeArtifacts: false,
    })
  })
})

describe('what agents answer', () => {
  test.each([
    ['no object', 'hi'],
    ['nothing known', { hello: 1 }],
    ['a task without a status', { task: { id: 't' } }],
    ['a state of its own', { task: { id: 't', status: { state: 'TASK_STATE_DREAMING' } } }],
    ['an update for nothing', { statusUpdate: { status: { state: 'TASK_STATE_WORKING' } } }],
    ['an artifact without an id', { artifactUpdate: { taskId: 't', artifact: { parts: [] } } }],
  ])('with %s is no A2A', (_what, result) => {
    expect(() => readStreamEvent(result)).toThrow(expect.objectContaining({ code: 'upstream_invalid' }) as Error)
  })

  test('a status without its time gets the time of its arrival', () => {
    const { status: read } = readTask({ id: 't', status: { state: 'TASK_STATE_WORKING' } })
    expect(Date.parse(read.timestamp)).toBeGreaterThan(Date.now() - 10_000)
  })
})

describe('cards', () => {
  test('are published in the wire’s own shape, security scheme included, and read by the SDK', () => {
    const wire = toWireCard({ ...CARD, url: 'http://here:1/' }, { guarded: true })
    expect(wire).toMatchObject({
      supportedInterfaces: [
        { url: 'http://here:1/', protocolBinding: 'JSONRPC', protocolVersion: A2A_PROTOCOL_VERSION },
        { url: 'http://here:1/v1', protocolBinding: 'HTTP+JSON', protocolVersion: A2A_PROTOCOL_VERSION },
      ],
      capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
      securitySchemes: { service: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
      securityRequirements: [{ schemes: { service: {} } }],
      skills: [{ id: 'do', tags: ['test'] }],
    })
    expect(JSON.stringify(wire)).not.toContain('$case')
    expect(SdkCard.fromJSON(wire).securitySchemes['service']?.scheme?.$case).toBe('httpAuthSecurityScheme')
  })

  test('say nothing of a token where none is asked for, and keep required fields that are empty', () => {
    const wire = toWireCard({ ...CARD, description: '', skills: [], url: 'http://here:1' }, { guarded: false })
    expect(wire).toMatchObject({ description: '', skills: [], defaultInputModes: ['text/plain', 'application/json'] })
    expect(wire).not.toHaveProperty('securitySchemes')
  })

  test('come back as they were', () => {
    const card = { ...CARD, extensions: ['urn:x'], url: 'http://here:1/' }
    expect(readCard(overTheWire(toWireCard(card, { guarded: true })))).toEqual(card)
  })

  test.each([
    ['no object', 3],
    ['no name', { supportedInterfaces: [{ url: 'http://x', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }],
    ['no interface', { name: 'x', supportedInterfaces: [] }],
    ['only other bindings', { name: 'x', supportedInterfaces: [{ url: 'http://x', protocolBinding: 'GRPC', protocolVersion: '1.0' }] }],
    ['only an older version', { name: 'x', supportedInterfaces: [{ url: 'http://x', protocolBinding: 'JSONRPC', protocolVersion: '0.3' }] }],
    ['an essay for a name', { name: 'x'.repeat(257), supportedInterfaces: [{ url: 'http://x', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }],
  ])('with %s are refused', (_what, card) => {
    expect(() => readCard(card)).toThrow(expect.objectContaining({ code: 'upstream_invalid' }) as Error)
  })

  test('are taken with a patch number in their version, and the first JSON-RPC interface counts', () => {
    const interfaces = [
      { url: 'http://x/rest', protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url: 'http://x/rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0.1' },
    ]
    expect(readCard({ name: 'x', supportedInterfaces: interfaces, unknown: true }).url).toBe('http://x/rpc')
  })
})

describe('JSON from outside', () => {
  test('is taken to a depth, and no deeper, whatever its strings hold', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(parseJson(nested(64), 64)).toBeDefined()
    expect(() => parseJson(nested(65), 64)).toThrow(expect.objectContaining({ code: 'invalid_request' }) as Error)
    const brackets = JSON.stringify({ quoted: `"\\${'['.repeat(200)}`, next: [1] })
    expect(parseJson(brackets, 64)).toEqual(JSON.parse(brackets))
    expect(() => parseJson('{"a":'.repeat(100_000), 64)).toThrow(expect.objectContaining({ code: 'invalid_request' }) as Error)
    expect(() => parseJson('{', 64)).toThrow(expect.objectContaining({ code: 'invalid_json' }) as Error)
  })

  test('measures depth as JSON.parse would', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const json = JSON.stringify(value)
        expect(accepts(json, depthOf(value))).toBe(true)
        if (depthOf(value) > 0 && json.length > 6) expect(accepts(json, depthOf(value) - 1)).toBe(json.length <= depthOf(value) - 1)
      }),
    )
  })
})

function accepts(json: string, depth: number): boolean {
  try {
    parseJson(json, depth)
    return true
  } catch {
    return false
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function overTheWire(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json))
}
