import { randomUUID } from 'node:crypto'

import { SSE_HEADERS, type CompletionIdentity } from '@signalbox/openai-wire'
import { AppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'
import type { HttpApp, ServiceEnv } from '@signalbox/service-kit'
import type { Context } from 'hono'

import { answerPrompt, toPromptKind } from '../core/answer-prompt.ts'
import type { Prompt } from '../core/prompt.ts'
import { toCompletionOf } from './completion.ts'
import { renderEmbeddings } from './embeddings.ts'
import { FAULT_HEADER, readFault, type Fault } from './fault.ts'
import type { FaultTarget } from './fault-plan.ts'
import { describeModel, requireModel, SCRIPTED_MODELS } from './models.ts'
import { renderCompletion } from './render-completion.ts'
import { embeddingsRequestSchema, readRequest, scriptedChatRequestSchema, type ScriptedChatRequest } from './requests.ts'
import { streamCompletion, toBody } from './stream-completion.ts'
import { suffer, type Sufferer } from './suffer.ts'
import { toPrompt } from './to-prompt.ts'

export interface LlmRoutesOptions {
  telemetry: Telemetry
  delayMs: number
  dealFault: (target: FaultTarget) => Fault | undefined
  /** Aborts when the service stops: what hangs must not keep it. */
  stopping: AbortSignal
}

/** OpenAI's routes, as far as the scripted model goes. */
export function mountLlmRoutes(app: HttpApp, options: LlmRoutesOptions): void {
  const faultFor = (c: Context<ServiceEnv>, target: FaultTarget): Fault | undefined => {
    const header = c.req.header(FAULT_HEADER)
    return header === undefined ? options.dealFault(target) : readFault(header)
  }
  const suffererOf = (c: Context<ServiceEnv>): Sufferer => ({
    signal: AbortSignal.any([c.req.raw.signal, options.stopping]),
    outgoing: c.env.outgoing,
  })

  app.get('/v1/models', (c) => suffer(faultFor(c, 'models'), suffererOf(c), async () => c.json({ object: 'list', data: SCRIPTED_MODELS.map(describeModel) })))

  app.get('/v1/models/:id', (c) =>
    suffer(faultFor(c, 'models'), suffererOf(c), async () => {
      const id = SCRIPTED_MODELS.find((model) => model === c.req.param('id'))
      if (!id)
        throw new AppError('model_not_found', `The model '${c.req.param('id')}' does not exist.`, {
          param: 'model',
        })
      return c.json(describeModel(id))
    }),
  )

  app.post('/v1/embeddings', async (c) => {
    const request = await readRequest(c.req.raw, embeddingsRequestSchema)
    const model = requireModel(request.model, 'embeddings')
    options.telemetry.log.debug({ model }, 'embeddings')
    return suffer(faultFor(c, 'embeddings'), suffererOf(c), async () => c.json(renderEmbeddings(request, model)))
  })

  app.post('/v1/chat/completions', async (c) => {
    const request = await readRequest(c.req.raw, scriptedChatRequestSchema)
    const identity = {
      id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1_000),
      model: requireModel(request.model, 'chat'),
    }
    const prompt = toPrompt(request)
    const kind = toPromptKind(prompt)
    const fault = faultFor(c, kind)
    options.telemetry.log.debug({ model: identity.model, kind, stream: request.stream === true, fault: fault?.wrong?.type }, 'chat completion')
    return suffer(fault, suffererOf(c), async () =>
      answerChatRequest({
        request,
        prompt,
        identity,
        fault,
        delayMs: options.delayMs,
        signal: c.req.raw.signal,
      }),
    )
  })
}

interface ChatCall {
  request: ScriptedChatRequest
  prompt: Prompt
  identity: CompletionIdentity
  fault: Fault | undefined
  delayMs: number
  signal: AbortSignal
}

function answerChatRequest({ request, prompt, identity, fault, delayMs, signal }: ChatCall): Response {
  const reply = fault?.wrong?.type === 'malformed-structured' ? ({ type: 'text', text: '{"nonsense":true}' } as const) : answerPrompt(prompt)
  const completion = toCompletionOf({ request, prompt, reply, identity })
  if (fault?.wrong?.type === 'no-finish') completion.finishReason = undefined
  if (request.stream !== true) return Response.json(renderCompletion(completion))
  const includeUsage = request.stream_options?.include_usage === true
  return new Response(toBody(streamCompletion(completion, { delayMs, includeUsage, signal })), {
    headers: SSE_HEADERS,
  })
}
