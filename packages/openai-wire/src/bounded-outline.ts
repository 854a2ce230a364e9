import { AppError } from '@signalbox/errors'

import { outlineJson, type JsonOutline } from './json-outline.ts'

/** Deeper than any honest tool schema; `JSON.stringify` and friends fail at a few thousand. */
export const MAX_JSON_DEPTH = 64
/** More than ten thousand messages have, whatever they call. Each costs whoever checks it some microseconds: 4 MB of them would be seconds. */
export const MAX_JSON_MEMBERS = 150_000

/**
 * What is known of a body before anybody parses it.
 *
 * @throws AppError invalid_request for one that is nested too deeply, or that has too many members, in all its objects together.
 */
export function outlineWithinBounds(bytes: Buffer, key = ''): JsonOutline {
  const outline = outlineJson(bytes, { key, maxDepth: MAX_JSON_DEPTH })
  if (!outline.withinDepth) throw tooDeep(outline.tooDeepIn)
  if (outline.members > MAX_JSON_MEMBERS) throw new AppError('invalid_request', `The request body must not have more than ${MAX_JSON_MEMBERS} members.`)
  return outline
}

function tooDeep(key: string | undefined): AppError {
  const param = key !== undefined && /^[\w.-]{1,64}$/.test(key) ? key : undefined
  return new AppError(
    'invalid_request',
    `${param ?? 'The request body'}: must not be nested deeper than ${MAX_JSON_DEPTH} levels.`,
    param === undefined ? {} : { param },
  )
}
