import { toSafeLine } from '@signalbox/contracts'

import type { Terminal } from '../terminal.ts'

const LONGEST_FIELD = 1_000

/** Names and what they hold, one a line; what holds nothing is left out. */
export function renderFields(fields: readonly (readonly [name: string, text: string])[], terminal: Pick<Terminal, 'paint'>): string[] {
  const filled = fields.filter(([, text]) => text !== '')
  const width = Math.max(0, ...filled.map(([name]) => name.length))
  return filled.map(([name, text]) => `${terminal.paint('dim', name.padEnd(width))}  ${toSafeLine(text, LONGEST_FIELD)}`)
}
