import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { ResponseComposer } from './compose-response.ts'
import type { ResponseEvent } from './response-events.ts'
import type { ResponseUsage } from './response-object.ts'

const text = z.string().nullish().catch(undefined)
const count = z.int().nonnegative().catch(0).default(0)
const calledSchema = z.looseObject({ name: text, arguments: text, input: text })

/** What a model says, whole or in a piece. Endpoints differ in what they leave out. */
const saidSchema = z.looseObject({
  content: text,
  refusal: text,
  reasoning_content: text,
  reasoning: text,
  tool_calls: z
    .array(z.looseObject({ index: z.int().nonnegative().optional(), id: text, type: text, function: calledSchema.nullish(), custom: calledSchema.nullish() }))
    .nullish(),
})
const usageSchema = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.looseObject({ cached_tokens: count, cache_write_tokens: count }).nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
})
const replySchema = z.looseObject({
  model: text,
  service_tier: text,
  choices: z
    .array(
      z.looseObject({
        delta: saidSchema.nullish(),
        message: saidSchema.nullish(),
        finish_reason: text,
        logprobs: z
          .looseObject({ content: z.array(z.unknown()).nullish() })
          .nullish()
          .catch(undefined),
      }),
    )
    .default([]),
  usage: usageSchema.nullish().catch(undefined),
  error: z.unknown().optional(),
})
export type ChatReply = z.infer<typeof replySchema>

/** A chat completion, or a chunk of one. @throws AppError `upstream_invalid` for what is neither, `upstream_failed` with the endpoint's own words. */
export function readChatReply(value: unknown, host: string): ChatReply {
  const { data } = replySchema.safeParse(value)
  if (!data) throw new AppError('upstream_invalid', `The model endpoint ${host} answered with something that is no chat completion.`)
  if (data.error !== undefined && data.error !== null) throw new AppError('upstream_failed', toWords(data.error) ?? `The model endpoint ${host} failed.`)
  return data
}

export interface ChatReading {
  hear(reply: ChatReply): ResponseEvent[]
  /** The reply has ended. `at` is in Unix seconds. @throws AppError where it did not end well. */
  end(at: number, host: string): ResponseEvent[]
}

/** Tells a model's chat as a response. Only the first choice is read: a response has one. */
export function readChat(composer: ResponseComposer): ChatReading {
  let finish: string | undefined
  let usage: ResponseUsage | undefined

  const hear = ({ choices: [choice], usage: spent }: ChatReply): ResponseEvent[] => {
    if (spent) usage = toUsage(spent)
    if (!choice) return []
    finish = choice.finish_reason ?? finish
    const said = choice.delta ?? choice.message
    if (!said) return []
    return [
      ...composer.reason(said.reasoning_content ?? said.reasoning ?? ''),
      ...composer.write(said.content ?? '', choice.logprobs?.content ?? []),
      ...composer.refuse(said.refusal ?? ''),
      ...(said.tool_calls ?? []).flatMap((call, place) => {
        const called = call.function ?? call.custom
        const kind = call.custom || call.type === 'custom' ? 'custom' : 'function'
        return composer.call(call.index ?? place, {
          kind,
          callId: call.id ?? undefined,
          name: called?.name ?? undefined,
          text: (kind === 'custom' ? called?.input : called?.arguments) ?? '',
        })
      }),
    ]
  }

  return {
    hear,
    end(at, host) {
      if (finish === undefined) throw new AppError('upstream_failed', `The model endpoint ${host} ended before its answer was whole.`)
      const end = { at, usage }
      if (finish === 'length') return composer.cut('max_output_tokens', end)
      return finish === 'content_filter' ? composer.cut('content_filter', end) : composer.complete(end)
    },
  }
}

function toUsage(usage: z.infer<typeof usageSchema>): ResponseUsage {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = usage
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
      cache_write_tokens: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: total === 0 ? input + output : total,
  }
}

function toWords(error: unknown): string | undefined {
  const words = typeof error === 'string' ? error : (error as { message?: unknown }).message
  return typeof words === 'string' && words !== '' ? words.slice(0, 2_000) : undefined
}
