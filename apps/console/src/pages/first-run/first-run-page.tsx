import { Loading } from '../../ui/page.tsx'

export function FirstRunPage() {
  return <Loading />
}
