import { Loading } from '../../ui/page.tsx'

export function AgentsPage() {
  return <Loading />
}
