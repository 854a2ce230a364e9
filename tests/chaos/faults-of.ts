import { TERMINAL_EVENTS, type SessionEvent, type SessionView } from '@signalbox/contracts'

import type { Execution } from './agents.ts'

/**
 * What is wrong with a session that is over, in words; nothing where it kept its promises:
 *  1. Its events are numbered from 1 without a gap, and the last one alone says that it is over.
 *  2. Every node has one result, told once, and it is what one of its executions made.
 *  3. Whoever worked with a result was told the one that is recorded.
 *  4. Whatever was executed more than once was executed under one message id and one idempotency key.
 */
export function faultsOf(view: SessionView, log: readonly SessionEvent[], executions: readonly Execution[]): string[] {
  const mine = executions.filter(({ session }) => session === view.id)
  return [...faultsOfLog(view, log), ...faultsOfResults(view, log, mine), ...faultsOfKeys(view, mine)].map((fault) => `${view.id}: ${fault}`)
}

/** Executions beyond the first of each node of each session. */
export function repeatedIn(executions: readonly Execution[]): number {
  return executions.length - new Set(executions.map(({ session, node }) => `${session}/${node}`)).size
}

function faultsOfLog(view: SessionView, log: readonly SessionEvent[]): string[] {
  const faults: string[] = []
  log.forEach(({ seq, type }, index) => {
    if (seq !== index + 1) faults.push(`event ${seq} (${type}) is in the place of event ${index + 1}`)
    if (TERMINAL_EVENTS.has(type) !== (index === log.length - 1)) faults.push(`${type} is event ${seq} of ${log.length}`)
  })
  if (view.last_seq !== log.length) faults.push(`its document knows of ${view.last_seq} events, its log of ${log.length}`)
  return faults
}

function faultsOfResults(view: SessionView, log: readonly SessionEvent[], executions: readonly Execution[]): string[] {
  const faults: string[] = []
  for (const [id, { state, output, branch }] of Object.entries(view.nodes)) {
    const told = log.filter((event) => event.type === 'node.completed' && event.node === id).length
    if (told !== (state === 'completed' ? 1 : 0)) faults.push(`node ${id} is ${state}, and was told to be completed ${told} times`)
    const planned = view.plan?.nodes.find((node) => node.id === id)
    const works = executions.filter(({ node }) => node === id)
    // A map, a vote and a sub-plan are done by others, who are looked at themselves.
    if (state !== 'completed' || (!branch && planned?.kind !== 'agent')) continue
    if (!works.some(({ made }) => output?.text.endsWith(made))) faults.push(`the result of ${id}, ${output?.text}, was made by no execution`)
    for (const need of planned?.needs ?? []) {
      const handed = view.nodes[need]?.output?.text ?? ''
      if (view.nodes[need]?.state === 'completed' && !works.every(({ told }) => told.includes(handed)))
        faults.push(`${id} was not always told the result of ${need}, ${handed}`)
    }
  }
  return faults
}

function faultsOfKeys(view: SessionView, executions: readonly Execution[]): string[] {
  return Object.entries(view.nodes).flatMap(([id, { epoch }]) => {
    const keys = new Set(executions.filter(({ node }) => node === id).flatMap(({ key, idempotencyKey }) => [key, idempotencyKey]))
    // An epoch is a try. None of these stories' workers fails, so there is one at most.
    const isRight = epoch <= 1 && [...keys].every((key) => key === `${view.id}/${id}/${epoch}`)
    return isRight ? [] : [`node ${id} at epoch ${epoch} was executed under ${[...keys].join(', ')}`]
  })
}
