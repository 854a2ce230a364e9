import type { Approval, ApprovalDetail, ApprovalPage, BulkDecision, DecisionKind } from '@signalbox/contracts'
import { infiniteQueryOptions, keepPreviousData, type InfiniteData } from '@tanstack/react-query'

import { ApiError, ask, withQuery } from './client.ts'
import { approvalsQuery, queryClient, type ApprovalSearch } from './queries.ts'

const PAGE = 30

/** The inbox, page by page as it is read on. */
export const approvalPagesQuery = (search: Omit<ApprovalSearch, 'cursor'>) =>
  infiniteQueryOptions({
    queryKey: ['approvals', 'pages', search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => ask<ApprovalPage>('GET', withQuery('/approvals', { ...search, limit: PAGE, cursor: pageParam }), { signal }),
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  })

/** How many wait, whatever is shown. */
export const pendingCountQuery = approvalsQuery({ status: 'pending', limit: 1 })

export interface Decide {
  decision: DecisionKind
  reason?: string
  edited_args?: unknown
}

/** Decides what is seen: this version, these bytes. @throws ApiError `conflict`, with the approval as it stands by now. */
export async function decideApproval(approval: Approval, { decision, reason, edited_args: edited }: Decide, { isLeaving = false } = {}): Promise<Approval> {
  const decided = await ask<Approval>('POST', `/approvals/${encodeURIComponent(approval.id)}/decision`, {
    body: {
      decision,
      args_sha256: currentHash(approval),
      ...(reason !== undefined && reason !== '' && { reason }),
      ...(edited !== undefined && { edited_args: edited }),
    },
    version: approval.version,
    keepalive: isLeaving,
  })
  keepApproval(decided)
  return decided
}

/** Gives more time. */
export async function extendApproval(approval: Approval, seconds: number): Promise<Approval> {
  const extended = await ask<Approval>('POST', `/approvals/${encodeURIComponent(approval.id)}/extend`, { body: { seconds }, version: approval.version })
  keepApproval(extended)
  return extended
}

/** Decides several of low risk and one type; each is answered by itself. */
export async function decideMany(approvals: readonly Approval[], decision: 'approve' | 'reject', reason: string): Promise<BulkDecision['data']> {
  const { data } = await ask<BulkDecision>('POST', '/approvals/decisions', {
    body: { decision, ...(reason !== '' && { reason }), items: approvals.map(({ id, version }) => ({ id, version })) },
  })
  for (const { approval } of data) if (approval) keepApproval(approval)
  return data
}

/** The hash of the bytes that run: those of the latest edit, or those that were asked for. */
export function currentHash({ edit, args_sha256: asked }: Pick<Approval, 'edit' | 'args_sha256'>): string {
  return edit?.args_sha256 ?? asked
}

/** The arguments that run, masked. */
export function currentArgs({ edit, action }: Pick<Approval, 'edit' | 'action'>): unknown {
  return edit ? edit.args : action.args
}

/** The approval as it stands, where that was why something was refused. */
export function standingIn(error: unknown): Approval | undefined {
  if (!(error instanceof ApiError) || error.status !== 409) return undefined
  const { approval } = (error.body ?? {}) as { approval?: Approval }
  return approval
}

/** Shows everywhere how an approval stands by now. What is newer already stays. */
export function keepApproval(approval: Approval): void {
  const newer = (known: Approval): Approval => (known.id === approval.id && known.version <= approval.version ? approval : known)
  queryClient.setQueryData<ApprovalDetail>(['approval', approval.id], (detail) => detail && { ...detail, approval: newer(detail.approval) })
  void queryClient.invalidateQueries({ queryKey: ['approval', approval.id] })
  queryClient.setQueriesData<InfiniteData<ApprovalPage>>(
    { queryKey: ['approvals', 'pages'] },
    (all) => all && { ...all, pages: all.pages.map((page) => ({ ...page, data: page.data.map(newer) })) },
  )
  void queryClient.invalidateQueries({ queryKey: ['approvals'] })
}
