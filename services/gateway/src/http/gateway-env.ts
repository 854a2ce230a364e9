import type { Actor } from '@signalbox/contracts'
import type { ServiceEnv } from '@signalbox/service-kit'
import type { Context } from 'hono'

/** What is known of a request when it ends, for its one log line, its span and the metrics. */
export interface RequestRecord {
  route?: 'simple' | 'complex'
  routeSource?: string
  routeReason?: string
  /** How long it took to decide. */
  routeMs?: number
  routeConfidence?: number
  /** Nothing was run: the caller asked which way it would go. */
  explained?: boolean
  model?: string
  stream?: boolean
  session_id?: string
  errorCode?: string
  /** The caller left before the answer was whole. */
  disconnected?: boolean
  bytes?: number
  upstreamRequestId?: string
}

export interface GatewayEnv {
  Bindings: ServiceEnv['Bindings']
  Variables: ServiceEnv['Variables'] & {
    owner: string
    /** Who acts beyond the owner's own sessions; whoever lets callers in sets it. */
    actor?: Actor
    record: RequestRecord
    /** When the request came, on the process's clock, where somebody has looked. */
    startedAt?: number
  }
}

export type GatewayContext = Context<GatewayEnv>

/** As much of Hono's context as handlers need that answer on Node's own response; the front door makes it without Hono. */
export interface Exchange {
  readonly env: GatewayEnv['Bindings']
  get<Name extends keyof GatewayEnv['Variables']>(name: Name): GatewayEnv['Variables'][Name]
}
