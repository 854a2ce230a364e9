import { AppError } from '@signalbox/errors'

import { askModel } from '../../adapters/responses/ask-model.ts'
import type { UpstreamReply } from '../../adapters/responses/upstream-reply.ts'
import type { UpstreamRequest } from '../../adapters/model-upstream.ts'
import type { SpeculationWatch } from '../../adapters/transport-metrics.ts'
import type { CallerPresence } from '../caller-presence.ts'
import type { SimplePath } from '../simple/simple-path.ts'

/** A call of the model's for one caller, stopped when it leaves, or when the gateway does. */
export interface ModelCall {
  readonly stream: boolean
  /** @throws AppError where no reply came. */
  readonly reply: Promise<UpstreamReply>
  /** What of the reply has come and was not read yet. */
  readonly waiting: readonly Buffer[]
  /** The answer has been told, or is not wanted: what is still under way is stopped. */
  close(): void
}

export function callModel({ upstream, stopBell }: SimplePath, request: UpstreamRequest, caller: CallerPresence): ModelCall {
  const line = new AbortController()
  const offLeave = caller.onLeave(() => line.abort(new AppError('canceled', 'The caller left before the answer was whole.')))
  const offStop = stopBell.onStop((error) => line.abort(error))
  if (caller.left) line.abort(new AppError('canceled', 'The caller left.'))
  const { reply, waiting } = askModel(upstream, request, line.signal)
  return {
    stream: request.stream,
    reply,
    waiting,
    close() {
      offLeave()
      offStop()
      line.abort(new AppError('canceled', 'The answer has been told.'))
    },
  }
}

/** A request whose way is still being judged, with its model call under way. Ends with exactly one of the three. */
export interface SpeculativeCall {
  /** The verdict is simple: the call as if it had been made now, with what came so far. */
  release(): ModelCall
  /** The verdict is complex: the call is stopped, and whatever came of it, faults too, means nothing. Answers what came of its body. */
  waste(): Buffer
  /** There will be no verdict, because the caller has left. */
  abandon(): void
}

/** Calls the model before it is known whether it is wanted. What it answers is held, and slowed down where it is much. */
export function speculate(path: SimplePath, request: UpstreamRequest, caller: CallerPresence, watch: SpeculationWatch): SpeculativeCall {
  const startedAt = performance.now()
  const call = callModel(path, request, caller)
  watch.started()
  return {
    release() {
      watch.used()
      return call
    },
    waste() {
      const held = Buffer.concat(call.waiting)
      call.close()
      watch.wasted({
        requestBytes: request.body.length,
        stream: request.stream,
        replyBytes: held.length,
        replyEvents: countEvents(held),
        milliseconds: performance.now() - startedAt,
      })
      return held
    },
    abandon() {
      call.close()
      watch.abandoned()
    },
  }
}

function countEvents(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf('\n\n'); at !== -1; at = bytes.indexOf('\n\n', at + 2)) count++
  return count
}
