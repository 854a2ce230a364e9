import { createHash, timingSafeEqual } from 'node:crypto'

import { AppError } from '@signalbox/errors'
import type { MiddlewareHandler } from 'hono'

/** Refuses calls without the key, as OpenAI does; with no key configured, any or none will do. */
export function requireKey(key: string | undefined): MiddlewareHandler {
  if (key === undefined) return (_c, next) => next()
  const expected = digest(`Bearer ${key}`)
  return async (c, next) => {
    if (!timingSafeEqual(expected, digest(c.req.header('authorization') ?? ''))) throw new AppError('authentication_failed', 'Incorrect API key provided.')
    await next()
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
