import { AppError, ERROR_CODES } from '@signalbox/errors'
import { describe, expect, test } from 'vitest'

import { a2aError } from './a2a-error.ts'
import { A2A_FAULTS, A2A_REASONS } from './fault-table.ts'
import { fromHttpStatus, fromWireError } from './from-wire-fault.ts'
import { toRestError, toRpcError } from './to-wire-fault.ts'

describe('an error of ours', () => {
  test.each(ERROR_CODES)('%s comes back over either wire as it was', (code) => {
    const error = new AppError(code, 'What happened.', { param: 'a.b', retryable: true, retryAfterMs: 1_500 })
    for (const wire of [toRpcError(error), toRestError(error).body.error]) {
      expect(fromWireError(JSON.parse(JSON.stringify(wire)))).toMatchObject({
        code,
        message: 'What happened.',
        param: 'a.b',
        retryable: true,
        retryAfterMs: 1_500,
      })
    }
    expect(fromWireError(toRpcError(new AppError(code, 'x', { retryable: false })))).toMatchObject({ code, retryable: false })
  })

  test('is a google.rpc.Status on HTTP+JSON, with its field', () => {
    expect(toRestError(new AppError('invalid_request', 'Wrong.', { param: 'message.role' }))).toEqual({
      http: 400,
      body: {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'Wrong.',
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              'reason': 'INVALID_PARAMS',
              'domain': 'signalbox',
              'metadata': { code: 'invalid_request', retryable: 'false', param: 'message.role' },
            },
            { '@type': 'type.googleapis.com/google.rpc.BadRequest', 'fieldViolations': [{ field: 'message.role', description: 'Wrong.' }] },
          ],
        },
      },
    })
  })

  test('that nobody foresaw says nothing of itself', () => {
    expect(JSON.stringify(toRpcError(new Error('password=swordfish')))).not.toContain('swordfish')
    expect(toRestError(new Error('password=swordfish'))).toMatchObject({ http: 500, body: { error: { status: 'INTERNAL' } } })
  })
})

describe('an error of A2A’s own', () => {
  // Specification section 5.4.
  test.each([
    ['TASK_NOT_FOUND', -32_001, 404],
    ['TASK_NOT_CANCELABLE', -32_002, 400],
    ['PUSH_NOTIFICATION_NOT_SUPPORTED', -32_003, 400],
    ['UNSUPPORTED_OPERATION', -32_004, 400],
    ['CONTENT_TYPE_NOT_SUPPORTED', -32_005, 400],
    ['INVALID_AGENT_RESPONSE', -32_006, 500],
    ['EXTENDED_AGENT_CARD_NOT_CONFIGURED', -32_007, 400],
    ['EXTENSION_SUPPORT_REQUIRED', -32_008, 400],
    ['VERSION_NOT_SUPPORTED', -32_009, 400],
  ] as const)('%s has its code on each wire', (reason, rpc, http) => {
    const error = a2aError(reason, 'x')
    const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, 'domain': 'a2a-protocol.org' }
    expect(toRpcError(error)).toMatchObject({ code: rpc, data: [info] })
    expect(toRestError(error)).toMatchObject({ http, body: { error: { code: http, details: [info] } } })
  })

  test.each(A2A_REASONS)('%s is understood from an agent of another make, by reason or by number alone', (reason) => {
    const { code } = fromWireError({
      code: 1,
      message: 'x',
      data: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, 'domain': 'a2a-protocol.org' }],
    })
    expect(fromWireError({ code: A2A_FAULTS[reason].rpc, message: 'x' }).code).toBe(code)
    expect(code).not.toBe('internal')
  })
})

describe('an error of another’s agent', () => {
  test('is a failed agent where nothing is known of it, and its words are cut short', () => {
    expect(fromWireError({ code: -32_099, message: 'x'.repeat(10_000) })).toMatchObject({ code: 'agent_failed', message: 'x'.repeat(500) })
    expect(fromWireError('no')).toMatchObject({ code: 'upstream_invalid' })
    expect(fromWireError({ code: -32_603, message: 'x', data: [{ reason: 'X', metadata: { code: 'made_up', retryable: 'perhaps' } }] })).toMatchObject({
      code: 'agent_failed',
      retryable: false,
    })
  })

  test.each([
    [302, 'upstream_invalid', false],
    [404, 'upstream_failed', false],
    [429, 'rate_limited', true],
    [500, 'upstream_failed', true],
    [503, 'agent_unavailable', true],
    [504, 'upstream_timeout', true],
  ])('by status %i alone is %s', (status, code, retryable) => {
    expect(fromHttpStatus(status)).toMatchObject({ code, retryable })
  })
})
