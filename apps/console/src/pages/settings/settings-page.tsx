import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Tabs } from 'radix-ui'

import { useMay } from '../../api/roles.ts'
import { PageHead } from '../../ui/page.tsx'
import { Channels } from './channels.tsx'
import { Preferences } from './preferences.tsx'
import { Users } from './users.tsx'

const route = getRouteApi('/settings')

/** How people hear of approvals, who they are, and how this browser shows things. */
export function SettingsPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/settings' })
  const isAdmin = useMay('admin')
  const tabs = [
    { id: 'channels', word: 'Channels', content: <Channels channel={search.channel} /> },
    ...(isAdmin ? [{ id: 'users', word: 'People', content: <Users /> }] : []),
    { id: 'preferences', word: 'This browser', content: <Preferences /> },
  ]
  const tab = tabs.find(({ id }) => id === search.tab)?.id ?? 'channels'
  return (
    <>
      <PageHead title="Settings" />
      <Tabs.Root value={tab} onValueChange={(next) => void navigate({ search: { tab: next } })}>
        <Tabs.List aria-label="Settings" className="mb-4 flex gap-1 border-b">
          {tabs.map(({ id, word }) => (
            <Tabs.Trigger
              key={id}
              value={id}
              className="-mb-px min-h-10 border-b-2 border-transparent px-3 text-sm text-muted hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
            >
              {word}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {tabs.map(({ id, content }) => (
          <Tabs.Content key={id} value={id}>
            {content}
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </>
  )
}
