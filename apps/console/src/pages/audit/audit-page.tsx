import { Loading } from '../../ui/page.tsx'

export function AuditPage() {
  return <Loading />
}
