import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

import { Agent, buildConnector } from 'undici'

import { refusalOf, type Allowance } from './outgoing-guard.ts'

/** The destination is not one that may be connected to. Nothing was sent. */
export class RefusedDestination extends Error {
  override readonly name = 'RefusedDestination'
}

export interface GuardedAgentOptions {
  allowances: readonly Allowance[]
  connectMs: number
  /** The system's own where absent. */
  lookup?: Lookup
}

/** All addresses of a name, as `dns.lookup` answers them. */
export type Lookup = (hostname: string, options: { all: true }, callback: (error: Error | null, addresses: LookupAddress[]) => void) => void

/**
 * Connections to the outside. The addresses of a name are looked up once, and those that are not refused are
 * the ones that are connected to: a name that answers otherwise the second time leads nowhere.
 */
export function openGuardedAgent({ allowances, connectMs, lookup = systemLookup }: GuardedAgentOptions): Agent {
  return new Agent({
    keepAliveTimeout: 4_000,
    connect(options, callback) {
      const hostname = options.hostname.replace(/^\[(.*)\]$/, '$1')
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
      // Node asks nobody for the address of an address.
      const refusal = isIP(hostname) === 0 ? undefined : refusalOf({ hostname, port, address: hostname }, allowances)
      if (refusal !== undefined) return callback(new RefusedDestination(refusal), null)
      const connect = buildConnector({ timeout: connectMs, allowH2: false, lookup: guardLookup({ port, allowances, lookup }) })
      return connect({ ...options, hostname }, callback)
    },
  })
}

function guardLookup(options: { port: number; allowances: readonly Allowance[]; lookup: Lookup }): LookupFunction {
  const { port, allowances, lookup } = options
  return (hostname, wanted, callback) => {
    lookup(hostname, { all: true }, (error, found) => {
      if (error) return callback(error, '')
      const judged = found.map((address) => ({ address, refusal: refusalOf({ hostname, port, address: address.address }, allowances) }))
      const good = judged.flatMap(({ address, refusal }) => (refusal === undefined && isWanted(address, wanted) ? [address] : []))
      const [first] = good
      if (!first) return callback(new RefusedDestination(judged[0]?.refusal ?? `${hostname} has no address.`), '')
      return wanted.all === true ? callback(null, good) : callback(null, first.address, first.family)
    })
  }
}

function isWanted({ family }: LookupAddress, wanted: LookupOptions): boolean {
  return (wanted.family !== 4 && wanted.family !== 6) || wanted.family === family
}
