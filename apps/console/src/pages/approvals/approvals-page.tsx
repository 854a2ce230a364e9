import { Loading } from '../../ui/page.tsx'

export function ApprovalsPage() {
  return <Loading />
}
