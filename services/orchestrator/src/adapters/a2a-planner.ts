import { connectAgent, dataOf, textOf, type Json, type Part } from '@signalbox/a2a'
import { EXTENSIONS, usageSchema, type PlanRequest, type Usage } from '@signalbox/contracts'
import { AppError, isErrorCode } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'
import { z } from 'zod'

import type { PlanDraft, Planner } from '../core/ports.ts'

/** Only the envelope: the plan itself is judged by the core. */
const draftSchema = z.looseObject({ kind: z.literal('plan'), plan: z.unknown(), repairs: z.int().nonnegative().default(0) })

export interface A2APlanner extends Planner {
  reachable(signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

/** The planner agent, over A2A. */
export function createA2APlanner(options: { url: string; token: string | undefined; telemetry: Telemetry; deadlineMs: number }): A2APlanner {
  const connection = connectAgent(options)
  return {
    async draw(request, signal): Promise<PlanDraft> {
      const data: PlanRequest = { kind: 'plan-request', ...request }
      let draft: z.infer<typeof draftSchema> | undefined
      let usage: Usage | undefined
      const read = (parts: readonly Part[]): void =>
        void (draft =
          dataOf(parts)
            .map((part) => draftSchema.safeParse(part))
            .find(({ success }) => success)?.data ?? draft)
      for await (const event of connection.stream({ parts: [{ kind: 'data', data: data as unknown as Json }] }, { signal, deadlineMs: options.deadlineMs })) {
        if (event.type === 'message') throw new AppError('upstream_invalid', 'The planner answered without a task.')
        if (event.type === 'artifact') read(event.artifact.parts)
        if (event.type === 'task') for (const { parts } of event.task.artifacts) read(parts)
        const status = event.type === 'task' ? event.task.status : event.type === 'status' ? event.status : undefined
        if (!status || status.state === 'working' || status.state === 'submitted') continue
        const metadata = event.type === 'status' ? event.metadata : undefined
        if (status.state !== 'completed') throw planningFailed(textOf(status.message?.parts ?? []), metadata?.[EXTENSIONS.failure])
        usage = usageSchema.safeParse(metadata?.[EXTENSIONS.usage]).data
      }
      if (!draft) throw new AppError('upstream_invalid', 'The planner ended without a plan.')
      return { plan: draft.plan, repairs: draft.repairs, usage }
    },
    async reachable(signal) {
      return connection.card({ signal, fresh: true }).then(
        () => true,
        () => false,
      )
    },
    close: () => connection.close(),
  }
}

function planningFailed(words: string, failure: Json | undefined): AppError {
  const { code } = (failure ?? {}) as { code?: unknown }
  return new AppError(isErrorCode(code) ? code : 'agent_failed', (words || 'The planner failed.').slice(0, 500))
}
