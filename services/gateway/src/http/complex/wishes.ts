import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'

import type { ApprovalWish } from '../../core/hear-turn.ts'
import type { SessionBudget } from '../../core/orchestrator.ts'
import { oneValue } from '../to-routing-facts.ts'
import { readBudget } from './read-budget.ts'

/** How progress is shown: as reasoning that people read, as machine data alone, or not at all. */
export type ProgressMode = 'reasoning' | 'events' | 'none'

/** What a caller can wish of an orchestrated answer, by header; what it may cost also in the request's metadata. */
export interface Wishes {
  progress: ProgressMode
  cancelOnDisconnect: boolean
  approval: ApprovalWish
  /** How long the caller is willing to wait for an answer that is not streamed, milliseconds. */
  waitMs: number | undefined
  idempotencyKey: string | undefined
  retryCount: number
  budget: SessionBudget | undefined
  /** The caller is Open WebUI: it says so where it forwards who asks (`ENABLE_FORWARD_USER_INFO_HEADERS`). */
  isOpenWebUI: boolean
}

export function readWishes(headers: IncomingHttpHeaders, metadata: Record<string, string> | null | undefined): Wishes {
  return {
    progress: readChoice('x-signalbox-progress', headers, ['reasoning', 'events', 'none']),
    cancelOnDisconnect: readChoice('x-signalbox-on-disconnect', headers, ['continue', 'cancel']) === 'cancel',
    approval: readChoice('x-signalbox-approval', headers, ['hold', 'return', 'error']),
    waitMs: readPreferredWait(oneValue(headers['prefer'])),
    idempotencyKey: readIdempotencyKey(oneValue(headers['idempotency-key'])),
    retryCount: Number(/^\d{1,4}$/.exec(oneValue(headers['x-stainless-retry-count']) ?? '')?.[0] ?? 0),
    budget: readBudget(headers, metadata),
    isOpenWebUI: OPEN_WEBUI_HEADERS.some((name) => headers[name] !== undefined),
  }
}

const OPEN_WEBUI_HEADERS = ['x-openwebui-chat-id', 'x-openwebui-message-id', 'x-openwebui-user-id'] as const

/** The first choice is the one meant by silence. */
function readChoice<Choice extends string>(name: string, headers: IncomingHttpHeaders, choices: readonly [Choice, ...Choice[]]): Choice {
  const value = oneValue(headers[name])?.toLowerCase()
  if (value === undefined || value === '') return choices[0]
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw new AppError('invalid_request', `${name}: must be one of ${choices.join(', ')}.`, { param: name })
  return choice
}

/** RFC 7240, 4.3: `wait=10`, in seconds. A preference that is not understood is none. */
function readPreferredWait(value: string | undefined): number | undefined {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=$|[,;])/i.exec(value ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}

function readIdempotencyKey(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(value))
    throw new AppError('invalid_request', 'Idempotency-Key: must be 255 printable characters at most.', { param: 'Idempotency-Key' })
  return value
}
