import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

import type { Approval, Via } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { ChannelConfig, Recipient } from './channels-schema.ts'

/** Whoever comes late is still shown how it ended. Decided is by then what the approval's own deadline says. */
const SHOWN_AFTERWARDS_MS = 24 * 3_600_000

/** What a link says once it has been checked. */
export interface Link {
  approvalId: string
  /** In whose name it decides; null for one that only shows. */
  recipient: Recipient | null
  via: Extract<Via, 'link' | 'slack'>
  /** When the message was made that it came in. */
  issuedAt: string
}

/**
 * Links to one approval that need no sign-in. Each names its approval, the channel it was sent to and whom it
 * speaks for, and is signed, so that nobody can make or change one. What its person may do is looked up when it
 * is used: once the channel is gone, or is somebody else's, its links are withdrawn.
 */
export interface Links {
  /** The same message has the same link, however often it is sent. */
  issue(message: { id: string; channel: string; at: string; approval: Pick<Approval, 'id' | 'expires_at'> }): string
  /** @throws AppError `not_found` for what is not ours, `permission_denied` for what has expired or was withdrawn. */
  read(token: string): Link
}

const claimsSchema = z.object({ a: z.string(), c: z.string(), r: z.string().nullable(), j: z.string(), i: z.iso.datetime(), e: z.number() })
type Claims = z.infer<typeof claimsSchema>

/** @throws TypeError for an empty secret. Another secret takes back all links that were sent with the one before. */
export function createLinks(options: { secret: string; channels: readonly ChannelConfig[]; now?: () => Date }): Links {
  const { channels, now = () => new Date() } = options
  if (options.secret === '') throw new TypeError('Links are signed with a secret, and there is none.')
  const key = Buffer.from(hkdfSync('sha256', options.secret, '', 'signalbox approval link v1', 32))

  return {
    issue({ id, channel, at, approval }) {
      const recipient = channels.find((other) => other.id === channel)?.recipient?.id ?? null
      const expires = Math.max(Date.parse(approval.expires_at), now().getTime()) + SHOWN_AFTERWARDS_MS
      const claims: Claims = { a: approval.id, c: channel, r: recipient, j: id, i: at, e: Math.ceil(expires / 1_000) }
      const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return `${body}.${sign(key, body).toString('base64url')}`
    },
    read(token) {
      const claims = readClaims(key, token)
      if (!claims)
        throw new AppError('not_found', 'This link is not one of ours, or lost a piece of itself on its way. Open it from the message once more, whole.')
      if (claims.e * 1_000 < now().getTime()) throw new AppError('permission_denied', 'This link has expired.')
      const channel = channels.find(({ id }) => id === claims.c)
      if (!channel || (channel.recipient?.id ?? null) !== claims.r) throw new AppError('permission_denied', 'This link has been withdrawn.')
      return { approvalId: claims.a, recipient: channel.recipient ?? null, via: channel.type === 'slack' ? 'slack' : 'link', issuedAt: claims.i }
    },
  }
}

function readClaims(key: Buffer, token: string): Claims | undefined {
  const [body = '', signature = '', ...more] = token.split('.')
  const given = Buffer.from(signature, 'base64url')
  const expected = sign(key, body)
  if (more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return claimsSchema.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')))
}

function sign(key: Buffer, body: string): Buffer {
  return createHmac('sha256', key).update(body).digest()
}
