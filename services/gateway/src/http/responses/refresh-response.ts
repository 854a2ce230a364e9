import { createResponseComposer } from '@signalbox/openai-wire/responses'

import type { SessionCall } from '../../core/session-call.ts'
import { nowInSeconds } from './now-in-seconds.ts'
import type { FoundResponse, OwnResponse, ResponseRun } from './response-document.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { canBeTakenUp } from './run-record.ts'
import { isSessionResponse, refreshFromSession } from './session-responses.ts'
import { takeUpRun } from './take-up-run.ts'

type Source = Pick<ResponsesOptions, 'orchestrator' | 'sessions' | 'kept' | 'runs' | 'upstream'>

/** A response as it is by now, and not as it was written down last. @throws AppError what the orchestrator said. */
export async function refreshResponse(found: FoundResponse, call: SessionCall, source: Source): Promise<FoundResponse> {
  if (!found.entry.open || found.document.kind !== 'ours') return found
  if (isSessionResponse(found)) return refreshFromSession(found, call, source)
  const run = source.runs.find(found.entry.id)
  if (run) return { ...found, document: { ...found.document, response: { ...run.response, output: [] } } }
  if ((found.document.run?.until ?? 0) >= Date.now()) return { ...found, document: underway(found.document) }
  // Whoever made it is gone with its process.
  if (!canBeTakenUp(found.document.run)) return endLost(found, found.document, source)
  await takeUpRun(found, found.document, call.requestId, source)
  return { ...found, document: underway(found.document) }
}

function underway(document: OwnResponse): OwnResponse {
  return { ...document, response: { ...document.response, status: 'in_progress' } }
}

async function endLost(found: FoundResponse, document: OwnResponse, { kept }: Source): Promise<FoundResponse> {
  const { run, ...rest } = document
  const composer = createResponseComposer(document.response)
  const events = composer.open()
  const at = nowInSeconds()
  events.push(...(run?.cancel === true ? composer.cancel({ at }) : composer.fail({ code: 'server_error', message: toReason(run) }, { at })))
  const ended: OwnResponse = { ...rest, response: composer.response, events }
  await kept.write(found.entry, ended, false)
  return { entry: { ...found.entry, open: false }, document: ended }
}

function toReason(run: ResponseRun | undefined): string {
  const why = run?.told === true ? ', and a part of it had been told' : (run?.tries ?? 1) > 1 ? `, ${run?.tries} times` : ''
  return `The gateway was stopped before the response was whole${why}: send the request again.`
}
