import { toProgressLine, toSafeLine, type SessionEvent } from '@signalbox/contracts'

import type { Style, Terminal } from '../terminal.ts'
import { toCount } from './words.ts'

/**
 * What a session does, in a line: when, at which node, what. Where it waits for a person a second line says what to
 * do about it. Undefined for what is nothing to tell.
 */
export function renderEvent(event: SessionEvent, terminal: Pick<Terminal, 'paint'>, session: string): string | undefined {
  const words = toProgressLine(event) ?? describeRest(event)
  if (words === undefined) return undefined
  const node = 'node' in event && event.node !== undefined ? `${toSafeLine(event.node, 48)}  ` : ''
  const style = STYLES[event.type]
  const line = `${terminal.paint('dim', event.at.slice(11, 19))}  ${terminal.paint('dim', node)}${style === undefined ? words : terminal.paint(style, words)}`
  const hint = hintOf(event, session)
  return hint === undefined ? line : `${line}\n${' '.repeat(10)}${terminal.paint('dim', hint)}`
}

function hintOf(event: SessionEvent, session: string): string | undefined {
  if (event.type === 'approval.requested') return `signalbox approvals show ${toSafeLine(event.approval)}`
  if (event.type === 'input.requested') return `signalbox sessions answer ${toSafeLine(session)} "…"`
  return undefined
}

/** Beginnings and endings, which a chat shows by other means. */
function describeRest(event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'session.created':
      return 'Begun'
    case 'session.waiting':
      return `Waiting for ${[toOpen(event.approvals, 'approval'), toOpen(event.questions, 'answer')].filter((part) => part !== '').join(' and ') || 'somebody'}`
    case 'answer.delta':
      return event.offset === 0 ? 'Writing the answer' : undefined
    case 'session.completed':
      return event.stopped ? `Completed with what there was: ${toSafeLine(event.stopped.message)}` : 'Completed'
    case 'session.failed':
      return `Failed: ${toSafeLine(event.error.message)}`
    case 'session.canceled':
      return 'Canceled'
    case 'session.expired':
      return 'Expired'
    default:
      return undefined
  }
}

function toOpen(ids: readonly string[], one: string): string {
  return ids.length === 0 ? '' : toCount(ids.length, one)
}

const STYLES: Partial<Record<SessionEvent['type'], Style>> = {
  'session.completed': 'green',
  'session.failed': 'red',
  'node.failed': 'red',
  'dead_letter.kept': 'red',
  'approval.requested': 'yellow',
  'approval.held': 'yellow',
  'input.requested': 'yellow',
  'session.waiting': 'yellow',
  'approval.expired': 'red',
  'session.paused': 'yellow',
  'session.stopped': 'yellow',
  'node.retrying': 'yellow',
  'node.fallback': 'yellow',
  'plan.rejected': 'yellow',
  'plan.revising': 'yellow',
}
