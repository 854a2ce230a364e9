import { toProgressLine, toSafeLine, type SessionEvent } from '@signalbox/contracts'

import type { Style, Terminal } from '../terminal.ts'

/** One line of what a session does: when, at which node, what. Undefined for what is nothing to tell. */
export function renderEvent(event: SessionEvent, terminal: Pick<Terminal, 'paint'>): string | undefined {
  const words = toProgressLine(event) ?? describeRest(event)
  if (words === undefined) return undefined
  const node = 'node' in event && event.node !== undefined ? `${toSafeLine(event.node, 48)}  ` : ''
  const style = STYLES[event.type]
  return `${terminal.paint('dim', event.at.slice(11, 19))}  ${terminal.paint('dim', node)}${style === undefined ? words : terminal.paint(style, words)}`
}

/** Beginnings and endings, which a chat shows by other means. */
function describeRest(event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'session.created':
      return 'Begun'
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

const STYLES: Partial<Record<SessionEvent['type'], Style>> = {
  'session.completed': 'green',
  'session.failed': 'red',
  'node.failed': 'red',
  'dead_letter.kept': 'red',
  'session.paused': 'yellow',
  'session.stopped': 'yellow',
  'node.retrying': 'yellow',
  'node.fallback': 'yellow',
  'plan.rejected': 'yellow',
  'plan.revising': 'yellow',
}
