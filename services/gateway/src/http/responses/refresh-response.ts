import { createResponseComposer } from '@signalbox/openai-wire/responses'

import type { SessionCall } from '../../core/session-call.ts'
import { nowInSeconds } from './answer-from-chat.ts'
import type { FoundResponse, OwnResponse } from './response-document.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { isSessionResponse, refreshFromSession } from './session-responses.ts'

type Source = Pick<ResponsesOptions, 'orchestrator' | 'sessions' | 'kept' | 'runs'>

/** A response as it is by now, and not as it was written down last. @throws AppError what the orchestrator said. */
export async function refreshResponse(found: FoundResponse, call: SessionCall, source: Source): Promise<FoundResponse> {
  if (!found.entry.open || found.document.kind !== 'ours') return found
  if (isSessionResponse(found)) return refreshFromSession(found, call, source)
  const run = source.runs.find(found.entry.id)
  if (run) return { ...found, document: { ...found.document, response: { ...run.response, output: [] } } }
  return (found.document.run?.until ?? 0) < Date.now() ? endLost(found, found.document, source) : { ...found, document: underway(found.document) }
}

function underway(document: OwnResponse): OwnResponse {
  return { ...document, response: { ...document.response, status: 'in_progress' } }
}

/** Whoever made it went away with its process. */
async function endLost(found: FoundResponse, document: OwnResponse, { kept }: Source): Promise<FoundResponse> {
  const composer = createResponseComposer(document.response)
  const events = composer.open()
  events.push(
    ...composer.fail(
      { code: 'server_error', message: 'The gateway was stopped before the response was whole: send the request again.' },
      { at: nowInSeconds() },
    ),
  )
  const ended: OwnResponse = { ...document, response: composer.response, events }
  await kept.write(found.entry, ended, false)
  return { entry: { ...found.entry, open: false }, document: ended }
}
