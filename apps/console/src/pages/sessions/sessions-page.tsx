import { Loading } from '../../ui/page.tsx'

export function SessionsPage() {
  return <Loading />
}
