import { approvalPageSchema, MANAGEMENT_PATHS, SERVICE_HEADERS, toActorHeader, type Approval, type Plan } from '@signalbox/contracts'
import type { ErrorCode } from '@signalbox/errors'

import { codeOf } from './client.ts'
import { WORKERS } from './plans.ts'
import type { Replica } from './replica.ts'

const ASK_MS = 5_000

/** A person who may decide. */
function headersOf(person: string): Record<string, string> {
  return {
    [SERVICE_HEADERS.owner]: person,
    [SERVICE_HEADERS.actor]: toActorHeader({ id: `user:${person}`, name: person, role: 'operator', via: 'api', groups: [] }),
  }
}

/** All approvals that are open, as one replica shows them. */
export async function openApprovals(replica: Replica): Promise<Approval[]> {
  const response = await fetch(`${replica.url}${MANAGEMENT_PATHS.approvals}?limit=100`, { headers: headersOf('looker'), signal: AbortSignal.timeout(ASK_MS) })
  return response.ok ? approvalPageSchema.parse(await response.json()).data : []
}

/** Decides on what was seen. Answers `ok`, or the code of the error that was answered. */
export async function decide(replica: Replica, { id, version }: Approval, person: string): Promise<'ok' | ErrorCode> {
  const response = await fetch(`${replica.url}${MANAGEMENT_PATHS.approvals}/${id}/decision`, {
    method: 'POST',
    headers: { ...headersOf(person), 'content-type': 'application/json', 'if-match': `"${version}"` },
    body: JSON.stringify({ decision: 'approve', reason: person }),
    signal: AbortSignal.timeout(ASK_MS),
  })
  return codeOf(response)
}

/** What the chain of the audit says of itself. */
export async function verifyAudit(replica: Replica): Promise<{ ok: boolean; entries: number }> {
  const response = await fetch(`${replica.url}${MANAGEMENT_PATHS.audit}/verify`, { headers: headersOf('auditor'), signal: AbortSignal.timeout(30_000) })
  return (await response.json()) as { ok: boolean; entries: number }
}

/** A chain of nodes, of which each has to be approved, behind `width` that are approved side by side. */
export function gatedPlan(goal: string, { width, depth, pauseMs }: { width: number; depth: number; pauseMs: number }): Plan {
  const worker = (index: number): string => WORKERS[index % WORKERS.length] as string
  const nodes = Array.from({ length: width + depth }, (_, index) => ({
    id: `n${index}`,
    kind: 'agent' as const,
    agent: worker(index),
    instruction: `pause=${pauseMs} words=1`,
    needs: index < width ? [] : index === width ? Array.from({ length: width }, (_unused, before) => `n${before}`) : [`n${index - 1}`],
    on_failure: 'fail' as const,
    approval: { why: 'It is a story about approvals.', risk: 'low' as const },
  }))
  const last = nodes.at(-1)?.id as string
  const answer = { id: 'answer', kind: 'agent' as const, agent: worker(0), instruction: `pause=${pauseMs} words=1`, needs: [last], on_failure: 'fail' as const }
  return { goal, nodes: [...nodes, answer], answer: 'answer' }
}
