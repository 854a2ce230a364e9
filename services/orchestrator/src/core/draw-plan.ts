import type { NewSessionEvent, SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { DriveTools } from './drive-session.ts'
import type { Happening } from './happenings.ts'
import { makePlan, revisePlan } from './make-plan.ts'
import { happened } from './session-run.ts'

/** Has the session's plan drawn or, where a revision is asked for, drawn anew. @throws AppError `agent_unavailable` where there is nobody to plan for. */
export async function draw(tools: DriveTools, document: SessionDocument, signal: AbortSignal): Promise<Happening> {
  const { session, observer, planner } = tools
  const agents = tools.directory.alive()
  const rejected: NewSessionEvent[] = []
  const onRejected = (faults: string[]): void => void rejected.push(happened({ type: 'plan.rejected', faults: faults.slice(0, 16) }))
  const { plan, revising: reason } = document
  if (plan && reason) {
    const made = await observer.planning(async (note) => {
      const result = await revisePlan({ ...document, plan }, reason, agents, planner, { onRejected, signal })
      note({ nodes: (result.plan ?? plan).nodes.length, repairs: rejected.length })
      return result
    })
    return { type: 'revised', reason, made, rejected }
  }
  await session.append([happened({ type: 'plan.started', agents: agents.map(({ id }) => id) })])
  if (agents.length === 0)
    throw new AppError('agent_unavailable', 'No agent is available to work on this. Check that the agents run and that their URLs are right.')
  const made = await observer.planning(async (note) => {
    const result = await makePlan(document, agents, planner, { onRejected, signal })
    note({ nodes: result.plan.nodes.length, repairs: result.repairs })
    return result
  })
  return { type: 'planned', made, rejected }
}
