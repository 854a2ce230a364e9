import { getRouteApi, Link } from '@tanstack/react-router'

import { useMay } from '../../api/roles.ts'
import { classes } from '../../ui/classes.ts'
import { PageHead } from '../../ui/page.tsx'
import { Channels } from './channels.tsx'
import { Preferences } from './preferences.tsx'
import { Users } from './users.tsx'

const route = getRouteApi('/settings')

/** How people hear of approvals, who they are, and how this browser shows things. */
export function SettingsPage() {
  const search = route.useSearch()
  const isAdmin = useMay('admin')
  const channels = { id: 'channels', word: 'Channels', content: <Channels channel={search.channel} /> }
  const tabs = [
    channels,
    ...(isAdmin ? [{ id: 'users', word: 'People', content: <Users /> }] : []),
    { id: 'preferences', word: 'You', content: <Preferences /> },
  ]
  const here = tabs.find(({ id }) => id === search.tab) ?? channels
  return (
    <>
      <PageHead title="Settings" />
      <nav aria-label="Settings" className="mb-5 flex gap-1 border-b">
        {tabs.map(({ id, word }) => (
          <Link
            key={id}
            to="/settings"
            search={{ tab: id }}
            aria-current={id === here.id ? 'page' : undefined}
            className={classes(
              '-mb-px inline-flex min-h-10 items-center border-b-2 px-3 text-sm',
              id === here.id ? 'border-accent font-semibold text-ink' : 'border-transparent text-muted hover:text-ink',
            )}
          >
            {word}
          </Link>
        ))}
      </nav>
      {here.content}
    </>
  )
}
