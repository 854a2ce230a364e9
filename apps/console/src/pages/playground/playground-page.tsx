import { Loading } from '../../ui/page.tsx'

export function PlaygroundPage() {
  return <Loading />
}
