import type { IncomingMessage } from 'node:http'

import type { Actor } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { MiddlewareHandler } from 'hono'

import type { AddressMark } from '../core/address-mark.ts'
import type { ApiKeys, KeyHolder } from '../core/api-keys.ts'
import type { GatewayEnv } from './gateway-env.ts'

const HOW = 'Send it as Authorization: Bearer YOUR_KEY.'

/** Who calls with a key. */
export interface KeyCaller {
  owner: string
  /** As whom an operator acts. */
  actor?: Actor
}

/** Finds out who calls; or why whoever calls is refused. */
export type ReadCaller = (incoming: IncomingMessage) => KeyCaller | { refused: string }

export function createReadCaller(keys: ApiKeys, markAddress: AddressMark): ReadCaller {
  return (incoming) => {
    const holder = readHolder(incoming, keys)
    if ('refused' in holder) return holder
    return holder.operator ? { owner: holder.owner, actor: toActor(holder.operator, incoming, markAddress) } : holder
  }
}

/** Lets only callers with a key of ours pass, and notes whose it is, and as whom an operator acts. */
export function requireApiKey(readCaller: ReadCaller, onRefusal: () => void): MiddlewareHandler<GatewayEnv> {
  return (c, next) => {
    const caller = readCaller(c.env.incoming)
    if ('refused' in caller) {
      onRefusal()
      throw new AppError('authentication_failed', caller.refused, { param: 'Authorization' })
    }
    c.set('owner', caller.owner)
    if (caller.actor) c.set('actor', caller.actor)
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
