import type { AgentCaller } from '../core/ports.ts'
import { SUBPLAN } from './subplan-caller.ts'

/** Work for agents and work for sub-plans, called alike: the driver knows no difference. */
export function createWorkCaller(callers: { agents: AgentCaller; subplans: AgentCaller }): AgentCaller {
  const callerOf = (agent: string): AgentCaller => (agent === SUBPLAN ? callers.subplans : callers.agents)
  return {
    call: (call, signal) => callerOf(call.agent).call(call, signal),
    look: (agent, taskId, signal) => callerOf(agent).look(agent, taskId, signal),
    cancel: (agent, taskId) => callerOf(agent).cancel(agent, taskId),
  }
}
