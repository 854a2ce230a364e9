import { AppError } from '@signalbox/errors'
import { completionRequestSchema, embeddingRequestSchema, readRequest, type ReadRequest } from '@signalbox/openai-wire'
import type { Telemetry } from '@signalbox/telemetry'

import type { ModelPath } from '../adapters/model-upstream.ts'
import { isModelAlias } from '../core/model-aliases.ts'
import { requireAllowedModel, type RoutingPolicies } from '../core/routing-policy.ts'
import { wantsExplanation } from './explain-chat.ts'
import type { Exchange } from './gateway-env.ts'
import { readJsonBody } from './read-body.ts'
import { requireKnownAlias } from './require-known-alias.ts'
import { relay } from './simple/relay.ts'
import { noteRelayed, toCaller, toUpstreamRequest, type SimplePath } from './simple/simple-path.ts'
import { withCaller } from './with-caller.ts'

export interface PlainModelOptions extends SimplePath {
  telemetry: Telemetry
  maxBodyBytes: number
  policies: RoutingPolicies
}

/** `POST /v1/completions`: there is no conversation to orchestrate, so it goes to the model, whatever alias it names. */
export function answerCompletion(options: PlainModelOptions): (c: Exchange) => Promise<Response> {
  return passOn(options, '/completions', (body) => readRequest(body, completionRequestSchema))
}

/** `POST /v1/embeddings`. Our aliases stand for a model that writes, so none of them can be meant here. */
export function answerEmbedding(options: PlainModelOptions): (c: Exchange) => Promise<Response> {
  return passOn(options, '/embeddings', (body) => {
    const read = readRequest(body, embeddingRequestSchema)
    if (isModelAlias(read.request.model)) {
      throw new AppError('invalid_request', `model: '${read.request.model}' makes no embeddings. Name a model of the upstream that does.`, {
        param: 'model',
        details: { code: 'unsupported_model' },
      })
    }
    return { ...read, request: { model: read.request.model } }
  })
}

type PlainRequest = ReadRequest<{ model: string; stream?: boolean | null | undefined }>

/** What has one way to go: read, and on to the model, with the policy that the key is under. */
function passOn(options: PlainModelOptions, path: ModelPath, read: (body: Buffer) => PlainRequest): (c: Exchange) => Promise<Response> {
  const route = { 'x-signalbox-route': 'simple', 'x-signalbox-route-reason': `endpoint: ${path}` }
  return (c) =>
    withCaller(c, options.telemetry, async (to) => {
      const { request, bytes, withModel } = read(await readJsonBody(c.env.incoming, options.maxBodyBytes))
      const { model } = request
      const stream = request.stream === true
      const record = c.get('record')
      record.model = model
      record.stream = stream
      requireKnownAlias(model)
      // Whoever asks for an explanation wants nothing run.
      if (wantsExplanation(c))
        throw new AppError('invalid_request', `x-signalbox-explain: there is nothing to explain, ${path} has one way to go: to the model.`, {
          param: 'x-signalbox-explain',
        })
      const policy = options.policies.of(c.get('owner'), model)
      requireAllowedModel(policy, model)
      Object.assign(to.headers, route)
      const body = policy.upstreamModel === undefined ? bytes : withModel(policy.upstreamModel)
      return noteRelayed(c, relay(options.upstream, toUpstreamRequest(c, { path, body, stream }), toCaller(c, to, options.stopBell)))
    })
}
