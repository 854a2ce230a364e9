import { toSafeLine, type DeadLetter, type DeadSessionDetail, type PlanNode } from '@signalbox/contracts'

import type { Terminal } from '../terminal.ts'
import { renderFields } from './fields.ts'
import { toCount, toMoment } from './words.ts'

const LAST_TURNS = 3

/** A session's dead letters with what is needed to see what went wrong, and the command that tries again. */
export function renderDeadSession({ session_id: id, status, goal, letters, session, conversation }: DeadSessionDetail, terminal: Terminal): string[] {
  const nodes = new Map(session.plan?.nodes.map((node) => [node.id, node]))
  const turns = conversation.slice(-LAST_TURNS).map(({ role, text }) => `  ${terminal.paint('dim', role)}  ${toSafeLine(text, 500)}`)
  return [
    ...renderFields(
      [
        ['Session', id],
        ['Status', status],
        ['Goal', goal],
      ],
      terminal,
    ),
    '',
    terminal.paint('dim', 'Asked for'),
    ...turns,
    ...letters.flatMap((letter) => ['', ...renderLetter(letter, nodes.get(letter.node ?? ''), terminal)]),
    '',
    `Try again:  signalbox dead-letters redrive ${toSafeLine(id)}${firstNode(letters)}`,
    `Give it up: signalbox dead-letters drop ${toSafeLine(id)}`,
  ]
}

function renderLetter({ node, agent, error, attempts, at }: DeadLetter, planned: PlanNode | undefined, terminal: Terminal): string[] {
  const fallback = planned?.kind === 'agent' || planned?.kind === 'map' ? planned.fallback : undefined
  return renderFields(
    [
      ['Node', node ?? 'the session itself'],
      ['Agent', `${agent ?? ''}${fallback === undefined ? '' : `, then ${fallback}`}`],
      ['Instruction', planned?.instruction ?? ''],
      ['Needs', planned?.needs.join(', ') ?? ''],
      ['Gave up', `${toMoment(at)}${attempts === 0 ? '' : `, after ${toCount(attempts, 'attempt')}`}`],
      ['Error', `${error.message} (${error.code})`],
    ],
    terminal,
  )
}

function firstNode(letters: readonly DeadLetter[]): string {
  const node = letters.find((letter) => letter.node !== null)?.node
  return node === undefined || node === null ? '' : ` [--node ${toSafeLine(node)} --instruction "…" --agent …]`
}
