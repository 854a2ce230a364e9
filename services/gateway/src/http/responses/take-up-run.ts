import { AppError } from '@signalbox/errors'

import { askModel } from '../../adapters/responses/ask-model.ts'
import { tellStream } from './answer-from-chat.ts'
import { readRefusal } from './read-refusal.ts'
import { aliveUntil, createRunMark, type MakeResponse } from './background-runs.ts'
import type { FoundResponse, OwnResponse } from './response-document.ts'
import type { ResponsesOptions } from './responses-options.ts'

/** Makes a response of the model's chat, whoever makes it. `ask` is the chat's request as it goes to the model. */
export function makeOfChat(ask: Buffer, requestId: string, { upstream }: Pick<ResponsesOptions, 'upstream'>): MakeResponse {
  return async function* (composer, signal) {
    const request = { path: '/chat/completions', body: ask, stream: true, isRetry: false, requestId } as const
    const reply = await askModel(upstream, request, signal).reply
    const refusal = await readRefusal(reply, true, upstream.host, {})
    if (refusal) throw await toFault(refusal, upstream.host)
    yield* tellStream(composer, reply, upstream.host)
  }
}

/** Goes on with a response whose gateway is gone. Answers false where somebody else does, or there is no room here now. */
export async function takeUpRun(
  found: FoundResponse,
  document: OwnResponse,
  requestId: string,
  { kept, runs, upstream }: Pick<ResponsesOptions, 'kept' | 'runs' | 'upstream'>,
): Promise<boolean> {
  const { run } = document
  if (run?.ask === undefined || !runs.hasRoom(found.entry.owner)) return false
  const taken: OwnResponse = { ...document, run: { ...run, by: createRunMark(), until: aliveUntil(), tries: run.tries + 1 } }
  if (!(await kept.write(found.entry, taken, true))) return false
  runs.start({ entry: { ...found.entry, version: found.entry.version + 1 }, document: taken }, makeOfChat(Buffer.from(run.ask), requestId, { upstream }))
  return true
}

async function toFault(refusal: Response, host: string): Promise<AppError> {
  const body = (await refusal.json().catch(() => undefined)) as { error?: { message?: unknown } } | undefined
  const said = body?.error?.message
  const words = typeof said === 'string' ? said.slice(0, 2_000) : `The model endpoint ${host} answered with status ${refusal.status}.`
  return new AppError(refusal.status === 429 ? 'rate_limited' : 'upstream_failed', words)
}
