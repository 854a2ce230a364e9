import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { toDatabaseError } from './database-error.ts'

test.each(['CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'ECONNREFUSED', '57P01', '08006', '53300'])('a database that is away is worth another try: %s', (code) => {
  const error = toDatabaseError(Object.assign(new Error('secret words of the driver'), { code }))
  expect(error).toMatchObject({ code: 'unavailable', retryable: true })
  expect((error as AppError).message).not.toContain('secret')
})

test.each([new AppError('invalid_request', 'no'), Object.assign(new Error('bad statement'), { code: '42601' }), new Error('a bug'), 'a string'])(
  'what is no such thing stays what it is: %s',
  (error) => {
    expect(toDatabaseError(error)).toBe(error)
  },
)
