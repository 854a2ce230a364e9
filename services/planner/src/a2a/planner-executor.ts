import { findData, type AgentExecutor, type Json } from '@signalbox/a2a'
import { addUsage, EXTENSIONS, NO_USAGE, planRequestSchema, type PlanRequest, type PlanResult } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import { ATTRIBUTES, SPANS, withSpan, type Telemetry } from '@signalbox/telemetry'

import { drawPlan, type Drafter } from '../core/draw-plan.ts'

export interface PlannerExecutorOptions {
  drafter: Drafter
  telemetry: Telemetry
  /** How long a plan may take, with all its repairs. */
  timeoutMs: number
}

/** Answers a plan request with a plan in artifact `plan`; what the model calls cost is on the last status, also of a failure. */
export function createPlannerExecutor({ drafter, telemetry, timeoutMs }: PlannerExecutorOptions): AgentExecutor {
  return {
    async execute({ message, signal }, writer) {
      const request = requirePlanRequest(findData(message.parts, readPlanRequest))
      let spent = NO_USAGE
      writer.working(`planning with ${request.agents.length} ${request.agents.length === 1 ? 'agent' : 'agents'}`)
      try {
        const { plan, repairs } = await withSpan(telemetry.tracer, SPANS.plan, { attributes: { [ATTRIBUTES.operation]: 'plan' } }, async (span) => {
          const drawn = await drawPlan(request, {
            drafter,
            signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
            onUsage: (usage) => (spent = addUsage(spent, usage)),
            onRejected: (faults) => {
              telemetry.log.warn({ faults }, 'the plan has faults and goes back to the model')
              writer.working(`mending the plan: ${faults[0]}`)
            },
          })
          span.setAttributes({ [ATTRIBUTES.planNodes]: drawn.plan.nodes.length, [ATTRIBUTES.planRepairs]: drawn.repairs })
          return drawn
        })
        const result: PlanResult = { kind: 'plan', plan, repairs }
        writer.artifact({ artifactId: 'plan', name: 'plan', parts: [{ kind: 'data', data: result as unknown as Json }] }, { lastChunk: true })
        writer.complete({ metadata: { [EXTENSIONS.usage]: spent } })
      } catch (error) {
        // Whoever aborted the turn says how the task ends.
        if (signal.aborted) throw error
        const { code, message: words, retryable } = toAppError(error)
        telemetry.log.warn({ err: error, code }, 'no plan')
        writer.fail({ code, message: words, retryable, metadata: { [EXTENSIONS.usage]: spent } })
      }
    },
  }
}

function readPlanRequest(data: Json): PlanRequest | undefined {
  const parsed = planRequestSchema.safeParse(data)
  return parsed.success && parsed.data.goal.trim() !== '' ? parsed.data : undefined
}

function requirePlanRequest(request: PlanRequest | undefined): PlanRequest {
  if (!request)
    throw new AppError('invalid_request', "The planner takes a data part {kind: 'plan-request', goal, conversation, agents} with at least one agent.", {
      param: 'message.parts',
    })
  return request
}
