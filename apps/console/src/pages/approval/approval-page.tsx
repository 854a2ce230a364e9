import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'

import { ApiError } from '../../api/client.ts'
import { approvalQuery } from '../../api/queries.ts'
import { buttonClasses } from '../../ui/button.tsx'
import { Card, Fault, Loading } from '../../ui/page.tsx'
import { OpenApproval } from './open-approval.tsx'

const route = getRouteApi('/approvals/$id')

/** One approval, whole: what would run, why, who asks, what is around it; and the decision. */
export function ApprovalPage() {
  const { id } = route.useParams()
  const { data, error, isPending, refetch } = useQuery(approvalQuery(id))
  return (
    <section aria-label="The approval" className="mx-auto w-full max-w-4xl min-w-0">
      <Link
        to="/approvals"
        search={(search) => search}
        className="mb-3 inline-flex min-h-7 items-center gap-1.5 rounded text-sm text-muted hover:text-ink xl:sr-only xl:focus:not-sr-only xl:focus:inline-flex"
      >
        <ArrowLeft aria-hidden size={15} /> All approvals
      </Link>
      {isPending && <Loading what="Fetching the approval" />}
      {error && !data && <Card>{error instanceof ApiError && error.status === 404 ? <NotFound /> : <Fault error={error} again={() => void refetch()} />}</Card>}
      {data && <OpenApproval key={id} detail={data} />}
    </section>
  )
}

function NotFound() {
  return (
    <div className="grid place-items-center gap-1 px-6 py-14 text-center">
      <h1 className="text-base font-medium">There is no such approval</h1>
      <p className="text-sm text-muted">Its link may be incomplete, or it is not for you to see.</p>
      <Link to="/approvals" className={buttonClasses('plain', 'medium', 'mt-3')}>
        All approvals
      </Link>
    </div>
  )
}
