import { Loading } from '../../ui/page.tsx'

export function SettingsPage() {
  return <Loading />
}
