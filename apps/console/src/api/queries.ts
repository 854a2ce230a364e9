import type {
  AgentReport,
  ApprovalDetail,
  ApprovalPage,
  AuditPage,
  Channel,
  ConsoleInfo,
  ConsoleSession,
  ConsoleUser,
  DeadLetterPage,
  DeadSessionDetail,
  DeliveryPage,
  SessionBriefPage,
  SessionDetail,
} from '@signalbox/contracts'
import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query'

import { ApiError, ask, setCsrf, whenSignedOut, withQuery } from './client.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // Who is not signed in, or asks for what is not there, gets no other answer by asking again.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
})

/** Who is signed in; null where nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<ConsoleSession | null> => {
    try {
      const session = await ask<ConsoleSession>('GET', '/session', { signal })
      setCsrf(session.csrf)
      return session
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null
      throw error
    }
  },
})

whenSignedOut(() => queryClient.setQueryData(sessionQuery.queryKey, null))

export const infoQuery = queryOptions({ queryKey: ['info'], staleTime: 30_000, queryFn: ({ signal }) => ask<ConsoleInfo>('GET', '/info', { signal }) })

export interface ApprovalSearch {
  status?: string | undefined
  q?: string | undefined
  risk?: string | undefined
  agent?: string | undefined
  session_id?: string | undefined
  limit?: number | undefined
  cursor?: string | undefined
}

export const approvalsQuery = (search: ApprovalSearch) =>
  queryOptions({
    queryKey: ['approvals', search],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ask<ApprovalPage>('GET', withQuery('/approvals', search), { signal }),
  })

export const approvalQuery = (id: string) =>
  queryOptions({ queryKey: ['approval', id], queryFn: ({ signal }) => ask<ApprovalDetail>('GET', `/approvals/${encodeURIComponent(id)}`, { signal }) })

export interface SessionSearch {
  status?: string | undefined
  q?: string | undefined
  owner?: string | undefined
  cursor?: string | undefined
}

export const sessionsQuery = (search: SessionSearch) =>
  queryOptions({
    queryKey: ['sessions', search],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ask<SessionBriefPage>('GET', withQuery('/sessions', search), { signal }),
  })

export const sessionDetailQuery = (id: string) =>
  queryOptions({ queryKey: ['session-detail', id], queryFn: ({ signal }) => ask<SessionDetail>('GET', `/sessions/${encodeURIComponent(id)}`, { signal }) })

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  refetchInterval: 5_000,
  queryFn: async ({ signal }) => (await ask<{ data: AgentReport[] }>('GET', '/agents', { signal })).data,
})

export const deadLettersQuery = (cursor: string | undefined) =>
  queryOptions({ queryKey: ['dead-letters', cursor], queryFn: ({ signal }) => ask<DeadLetterPage>('GET', withQuery('/dead-letters', { cursor }), { signal }) })

export const deadLetterQuery = (id: string) =>
  queryOptions({ queryKey: ['dead-letter', id], queryFn: ({ signal }) => ask<DeadSessionDetail>('GET', `/dead-letters/${encodeURIComponent(id)}`, { signal }) })

export interface AuditSearch {
  kind?: string | undefined
  about?: string | undefined
  cursor?: string | undefined
}

export const auditQuery = (search: AuditSearch) =>
  queryOptions({
    queryKey: ['audit', search],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ask<AuditPage>('GET', withQuery('/audit', search), { signal }),
  })

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: async ({ signal }) => (await ask<{ data: Channel[] }>('GET', '/channels', { signal })).data,
})

export const deliveriesQuery = (search: { channel?: string | undefined; cursor?: string | undefined }) =>
  queryOptions({ queryKey: ['deliveries', search], queryFn: ({ signal }) => ask<DeliveryPage>('GET', withQuery('/deliveries', search), { signal }) })

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async ({ signal }) => (await ask<{ data: ConsoleUser[] }>('GET', '/users', { signal })).data,
})
