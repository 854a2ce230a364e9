import { Loading } from '../../ui/page.tsx'

export function SessionPage() {
  return <Loading />
}
