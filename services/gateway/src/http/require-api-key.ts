import { AppError } from '@signalbox/errors'
import type { IncomingMessage } from 'node:http'
import type { MiddlewareHandler } from 'hono'

import type { ApiKeys } from '../core/api-keys.ts'
import type { GatewayEnv } from './gateway-env.ts'

const HOW = 'Send it as Authorization: Bearer YOUR_KEY.'

/** Lets only callers with a key of ours pass, and notes whose it is. */
export function requireApiKey(keys: ApiKeys, onRefusal: () => void): MiddlewareHandler<GatewayEnv> {
  return (c, next) => {
    const owner = readOwner(c.env.incoming, keys)
    if (typeof owner !== 'string') {
      onRefusal()
      throw new AppError('authentication_failed', owner.refused, { param: 'Authorization' })
    }
    c.set('owner', owner)
    return next()
  }
}

/** More than one bearer is none: proxies differ in which of two they read. */
function readOwner(incoming: IncomingMessage, keys: ApiKeys): string | { refused: string } {
  const header = incoming.headers.authorization
  if (header === undefined) return { refused: `The API key is missing. ${HOW}` }
  if (countHeaders(incoming.rawHeaders, 'authorization') > 1) return { refused: 'The Authorization header is there more than once.' }
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1]
  if (token === undefined) return { refused: `The Authorization header is not a bearer key. ${HOW}` }
  return keys.findOwner(token) ?? { refused: 'The API key is not one of ours.' }
}

function countHeaders(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] as string
    if (raw.length === name.length && raw.toLowerCase() === name) count++
  }
  return count
}
