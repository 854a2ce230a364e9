import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Has a connection closed with its answer number `limit`. Node's own limit only announces that, leaves the connection
 * open, and answers whatever still comes with an empty 503.
 */
export function closeAfterRequests(limit: number): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const served = new WeakMap<Socket, number>()
  return ({ socket }, outgoing) => {
    const count = (served.get(socket) ?? 0) + 1
    served.set(socket, count)
    if (count >= limit) outgoing.shouldKeepAlive = false
  }
}
