import type { ModelUpstream, UpstreamRequest } from '../../adapters/model-upstream.ts'
import type { SpeculationWatch } from '../../adapters/transport-metrics.ts'
import { relayHeld, type Caller, type RelayOutcome } from './relay.ts'

/** A request whose way is still being judged, with its model call under way. */
export interface Speculation {
  /** The verdict is simple: the reply goes through, with what came so far. @throws as `relay` does. */
  release(): Promise<RelayOutcome>
  /** The verdict is complex: the call is stopped, and whatever came of it, faults too, means nothing. */
  waste(): void
  /** There will be no verdict, because the caller has left. */
  abandon(): void
}

/** Calls the model before it is known whether it is wanted. Ends with exactly one of the three. */
export function speculate(upstream: ModelUpstream, request: UpstreamRequest, caller: Caller, watch: SpeculationWatch): Speculation {
  const startedAt = performance.now()
  const relay = relayHeld(upstream, request, caller)
  watch.started()
  return {
    release() {
      watch.used()
      return relay.release()
    },
    waste() {
      relay.drop()
      watch.wasted({
        requestBytes: request.body.length,
        stream: request.stream,
        replyBytes: relay.reply.size,
        replyEvents: relay.reply.countEvents(),
        milliseconds: performance.now() - startedAt,
      })
    },
    abandon() {
      relay.drop()
      watch.abandoned()
    },
  }
}
