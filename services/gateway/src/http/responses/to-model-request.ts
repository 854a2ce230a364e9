import type { UpstreamRequest } from '../../adapters/model-upstream.ts'
import { askModel } from '../../adapters/responses/ask-model.ts'
import type { Decision } from '../../core/decide.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { toUpstreamRequest } from '../simple/simple-path.ts'
import { toChatBody } from './answer-from-chat.ts'
import { speculate } from './model-call.ts'
import { readResponseId } from './pass-stream.ts'
import { toUpstreamBody } from './relay-upstream.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'

type Asked = Pick<ResponseRequest, 'read' | 'conversation' | 'caller'> & {
  /** What the model is called upstream. */
  model: string
}

const DELETED_WITHIN_MS = 10_000

/** A request as it goes to the model: as it came where the endpoint makes responses itself, else as a chat. @throws AppError for what chat has no word for. */
export function toModelRequest(c: GatewayContext, asked: Asked, options: ResponsesOptions): UpstreamRequest {
  const { request } = asked.read
  const stream = request.stream === true
  if (options.mode === 'translate')
    return toUpstreamRequest(c, { path: '/chat/completions', body: toChatBody(asked, { model: asked.model, stream }, options), stream })
  const passed = toUpstreamRequest(c, { path: '/responses', body: toUpstreamBody(asked, asked.model), stream })
  // In the background it would be made twice, whoever closes which connection.
  return request.background === true ? { ...passed, hedge: false } : passed
}

/** The model's call that was made before it was known whether it is wanted. */
export interface HeldCall {
  release: ReturnType<typeof speculate>['release']
  waste(): void
  abandon(): void
}

/**
 * Calls the model while a request's way is still being judged, where that is wanted and can be taken back: what is made
 * in the background goes on by itself, and a stored prompt may have tools that do something.
 */
export function callMeanwhile(c: GatewayContext, asked: Asked, decision: Decision, options: ResponsesOptions): HeldCall | undefined {
  const { request } = asked.read
  if ('settled' in decision || !(decision.policy.speculate ?? options.speculates)) return undefined
  if (request.background === true || request.prompt || asked.conversation.input.length === 0) return undefined
  let sent: UpstreamRequest
  try {
    sent = toModelRequest(c, asked, options)
  } catch {
    // It is the caller's to know only where the model is wanted.
    return undefined
  }
  const { release, waste, abandon } = speculate(options, sent, asked.caller, options.speculation)
  return {
    release,
    abandon,
    waste() {
      const held = waste()
      if (options.mode === 'passthrough' && request.store !== false) forget(readResponseId(held), c.get('requestId'), options)
    },
  }
}

/** A response that nobody was told of is not to be kept for anybody. */
function forget(id: string | undefined, requestId: string, { upstream, telemetry }: ResponsesOptions): void {
  if (id === undefined) return
  const request = { method: 'DELETE', path: `/responses/${id}`, body: Buffer.alloc(0), stream: false, requestId, isRetry: false } as const
  askModel(upstream, request, AbortSignal.timeout(DELETED_WITHIN_MS)).reply.then(
    (reply) => reply.settle(),
    (error: unknown) => telemetry.log.warn({ err: error, response_id: id }, 'a response that nobody wanted could not be deleted'),
  )
}
