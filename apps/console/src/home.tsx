import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'

import { infoQuery } from './api/queries.ts'
import { Loading } from './ui/page.tsx'

/** Where one lands: at what waits for a decision, or, as long as nobody has asked anything yet, at how to begin. */
export function Home() {
  const { data, isPending } = useQuery(infoQuery)
  if (isPending) return <Loading />
  // What was asked before anybody was signed in does not say; the page looks again, and goes on where there is something.
  return <Navigate to={(data?.requests_seen ?? 0) === 0 ? '/start' : '/approvals'} replace />
}
