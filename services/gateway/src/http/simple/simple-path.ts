import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import type { ModelUpstream, UpstreamRequest } from '../../adapters/model-upstream.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { Exchange } from '../gateway-env.ts'
import { oneValue } from '../to-routing-facts.ts'
import type { AnsweringTo } from '../with-caller.ts'
import type { Caller, RelayOutcome } from './relay.ts'

export interface SimplePath {
  upstream: ModelUpstream
  stopBell: StopBell
}

/** A request as it goes upstream. */
export function toUpstreamRequest(c: Exchange, request: Pick<UpstreamRequest, 'path' | 'body' | 'stream'>): UpstreamRequest {
  const retryCount = oneValue(c.env.incoming.headers['x-stainless-retry-count'])
  return { ...request, requestId: c.get('requestId'), isRetry: retryCount !== undefined && retryCount !== '0' }
}

export function toCaller(c: Exchange, { caller, says }: AnsweringTo, stopBell: StopBell): Caller {
  return { outgoing: c.env.outgoing, presence: caller, says, stopBell }
}

/** Waits until a reply has been relayed, and notes what became of it. */
export async function noteRelayed(c: Exchange, relayed: Promise<RelayOutcome>): Promise<Response> {
  const { bytes, upstreamRequestId, fault } = await relayed
  const record = c.get('record')
  record.bytes = bytes
  if (upstreamRequestId !== undefined) record.upstreamRequestId = upstreamRequestId
  if (fault) record.errorCode = fault.code
  return RESPONSE_ALREADY_SENT
}
