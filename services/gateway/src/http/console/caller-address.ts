import type { IncomingMessage } from 'node:http'

import type { AddressMark } from '../../core/address-mark.ts'
import type { Origin } from '../../core/console/sign-in.ts'

/** Where a request comes from, as far as anybody is told. */
export type ReadOrigin = (incoming: IncomingMessage) => Origin

export function createReadOrigin(markAddress: AddressMark, trustedProxies: number): ReadOrigin {
  return (incoming) => ({ from: markAddress(readAddress(incoming, trustedProxies)) })
}

/**
 * Behind proxies of ours the address is what the outermost of them has added to X-Forwarded-For; what callers
 * wrote there themselves stands to the left of it.
 */
export function readAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } },
  trustedProxies: number,
): string | undefined {
  if (trustedProxies === 0) return socket.remoteAddress
  const forwarded = [headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
  return forwarded.at(-trustedProxies) ?? socket.remoteAddress
}
