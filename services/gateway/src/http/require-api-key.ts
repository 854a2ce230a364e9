import type { IncomingMessage } from 'node:http'

import type { Actor } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { MiddlewareHandler } from 'hono'

import type { AddressMark } from '../core/address-mark.ts'
import type { ApiKeys, KeyHolder } from '../core/api-keys.ts'
import type { GatewayEnv } from './gateway-env.ts'

const HOW = 'Send it as Authorization: Bearer YOUR_KEY.'

/** Lets only callers with a key of ours pass, and notes whose it is, and as whom an operator acts. */
export function requireApiKey(keys: ApiKeys, markAddress: AddressMark, onRefusal: () => void): MiddlewareHandler<GatewayEnv> {
  return (c, next) => {
    const holder = readHolder(c.env.incoming, keys)
    if ('refused' in holder) {
      onRefusal()
      throw new AppError('authentication_failed', holder.refused, { param: 'Authorization' })
    }
    c.set('owner', holder.owner)
    if (holder.operator) c.set('actor', toActor(holder.operator, c.env.incoming, markAddress))
    return next()
  }
}

function toActor(operator: NonNullable<KeyHolder['operator']>, { headers, socket }: IncomingMessage, markAddress: AddressMark): Actor {
  const from = markAddress(socket.remoteAddress)
  const via = headers['user-agent']?.startsWith('signalbox-cli') === true ? 'cli' : 'api'
  return { ...operator, via, groups: [], ...(from !== undefined && { from }) }
}

/** More than one bearer is none: proxies differ in which of two they read. */
function readHolder(incoming: IncomingMessage, keys: ApiKeys): KeyHolder | { refused: string } {
  const header = incoming.headers.authorization
  if (header === undefined) return { refused: `The API key is missing. ${HOW}` }
  if (countHeaders(incoming.rawHeaders, 'authorization') > 1) return { refused: 'The Authorization header is there more than once.' }
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1]
  if (token === undefined) return { refused: `The Authorization header is not a bearer key. ${HOW}` }
  return keys.findHolder(token) ?? { refused: 'The API key is not one of ours.' }
}

function countHeaders(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] as string
    if (raw.length === name.length && raw.toLowerCase() === name) count++
  }
  return count
}
