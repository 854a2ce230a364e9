import { setTimeout as pause } from 'node:timers/promises'

import { AppError, toAppError } from '@signalbox/errors'
import { createResponseComposer, type ResponseEvent } from '@signalbox/openai-wire/responses'

import type { SessionCall } from '../../core/session-call.ts'
import type { GatewayContext } from '../gateway-env.ts'
import type { FoundResponse, OwnResponse } from './response-document.ts'
import { refreshResponse } from './refresh-response.ts'
import type { ResponseStream } from './response-stream.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { isSessionResponse, tellFromSession } from './session-responses.ts'

/** How often it is looked whether a response is over that another gateway makes, milliseconds. */
const LOOK_EVERY_MS = 1_000

/** Streams a response of the background from its beginning, or from where the stream is, to its end. */
export async function streamKept(c: GatewayContext, found: FoundResponse, stream: ResponseStream, call: SessionCall, options: ResponsesOptions): Promise<void> {
  const line = new AbortController()
  const stopped = (error: AppError): void => {
    c.get('record').errorCode ??= error.code
    line.abort(error)
    stream.fail(error)
  }
  const off = options.stopBell.onStop(stopped)
  try {
    const following: SessionCall = { ...call, signal: AbortSignal.any([call.signal, line.signal]) }
    for await (const events of tellKept(found, following, options)) await stream.send(events)
    if (!following.signal.aborted) stream.end()
  } catch (error) {
    if (call.signal.aborted) c.get('record').disconnected = true
    else if (!line.signal.aborted) stopped(toAppError(error))
  } finally {
    off()
    line.abort(new AppError('canceled', 'The answer has been told.'))
  }
}

async function* tellKept(found: FoundResponse, call: SessionCall, options: ResponsesOptions): AsyncGenerator<readonly ResponseEvent[]> {
  if (isSessionResponse(found)) return yield* tellFromSession(found, call, options)
  const run = options.runs.find(found.entry.id)
  if (run) return yield* run.follow(call.signal)
  yield toEvents(await waitUntilOver(found, call, options))
}

/** Another gateway makes it, and tells when it is over. */
async function waitUntilOver(found: FoundResponse, call: SessionCall, options: ResponsesOptions): Promise<OwnResponse> {
  for (let looked = found; ;) {
    if (looked.document.kind === 'ours' && !looked.entry.open) return looked.document
    await pause(LOOK_EVERY_MS, undefined, { signal: call.signal })
    const again = await options.kept.find(found.entry.owner, found.entry.id)
    if (!again) throw new AppError('not_found', 'The response was deleted.')
    looked = await refreshResponse(again, call, options)
  }
}

function toEvents({ events, response }: OwnResponse): readonly ResponseEvent[] {
  if (events && events.length > 0) return events
  const composer = createResponseComposer({ ...response, status: 'queued', output: [] })
  return [...composer.open(), ...composer.tellEnd(response)]
}
