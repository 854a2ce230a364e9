import { setTimeout as pause } from 'node:timers/promises'

import { AppError, toAppError } from '@signalbox/errors'
import type { ResponseObject } from '@signalbox/openai-wire/responses'

import type { SessionCall } from '../../core/session-call.ts'
import { refreshResponse } from './refresh-response.ts'
import type { FoundResponse, OwnResponse } from './response-document.ts'
import { requireOwn } from './resolve-conversation.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { isSessionResponse } from './session-responses.ts'

/** How long a gateway that makes a response may take to hear that it shall not, milliseconds. */
const HEARD_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 250

/**
 * Cancels a response of the background, and answers it as it is then. One that is over stays as it is, however often
 * this is asked.
 */
export async function cancelResponse(found: FoundResponse, call: SessionCall, options: ResponsesOptions): Promise<ResponseObject> {
  const fresh = await refreshResponse(found, call, options)
  if (!fresh.entry.open) return requireOwn(fresh).response
  if (isSessionResponse(fresh)) return cancelSession(fresh, call, options)
  const run = options.runs.find(fresh.entry.id)
  if (run) {
    run.cancel()
    await run.over
    return requireOwn((await options.kept.find(fresh.entry.owner, fresh.entry.id)) ?? fresh).response
  }
  return cancelElsewhere(fresh, requireOwn(fresh), call, options)
}

async function cancelSession(found: FoundResponse, call: SessionCall, options: ResponsesOptions): Promise<ResponseObject> {
  const { session } = requireOwn(found)
  try {
    // Whoever acts for others has a role; this is the owner's own.
    await options.orchestrator.cancel(session?.id ?? '', { owner: call.owner, requestId: call.requestId, signal: call.signal })
  } catch (error) {
    const { code } = toAppError(error)
    if (code !== 'conflict' && code !== 'not_found') throw error
  }
  const { response } = requireOwn(await refreshResponse(found, call, options))
  return response.status === 'in_progress' || response.status === 'queued' ? { ...response, status: 'cancelled' } : response
}

async function cancelElsewhere(found: FoundResponse, document: OwnResponse, call: SessionCall, options: ResponsesOptions): Promise<ResponseObject> {
  const until = Date.now() + HEARD_WITHIN_MS
  let looked: FoundResponse = found
  let own = document
  while (looked.entry.open) {
    if (Date.now() > until) throw new AppError('unavailable', 'The response could not be cancelled yet: try again.')
    if (own.run && !own.run.cancel) await options.kept.write(looked.entry, { ...own, run: { ...own.run, cancel: true } }, true)
    await pause(LOOK_EVERY_MS, undefined, { signal: call.signal })
    const again = await options.kept.find(found.entry.owner, found.entry.id)
    if (!again) return own.response
    looked = await refreshResponse(again, call, options)
    own = requireOwn(looked)
  }
  return own.response
}
