import { Loading } from '../../ui/page.tsx'

export function DeadLettersPage() {
  return <Loading />
}
