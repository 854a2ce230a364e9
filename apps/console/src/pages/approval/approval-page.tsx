import { Loading } from '../../ui/page.tsx'

export function ApprovalPage() {
  return <Loading />
}
