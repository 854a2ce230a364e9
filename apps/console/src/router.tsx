import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'

import { App } from './app.tsx'
import { Home } from './home.tsx'
import { Fault } from './ui/page.tsx'

/** A page's search words as texts; anything else in the URL is left out. */
function texts<const Names extends readonly string[]>(...names: Names) {
  return (search: Record<string, unknown>): Partial<Record<Names[number], string>> =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = search[name]
        return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : []
      }),
    ) as Partial<Record<Names[number], string>>
}

const root = createRootRoute({
  component: App,
  notFoundComponent: () => <Fault error={{ message: 'There is no such page.' }} />,
  errorComponent: ({ error }) => <Fault error={error} />,
})
const page = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path })

const home = createRoute({ ...page('/'), component: Home })
const start = createRoute({ ...page('/start'), component: lazyRouteComponent(() => import('./pages/first-run/first-run-page.tsx'), 'FirstRunPage') })
/** The inbox stays beside the approval that is open. */
export const approvalsRoute = createRoute({
  ...page('/approvals'),
  validateSearch: texts('status', 'q', 'risk', 'agent', 'session_id', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/approvals/approvals-page.tsx'), 'ApprovalsPage'),
})
export const approvalRoute = createRoute({
  getParentRoute: () => approvalsRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./pages/approval/approval-page.tsx'), 'ApprovalPage'),
})
export const sessionsRoute = createRoute({
  ...page('/sessions'),
  validateSearch: texts('status', 'q', 'owner', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/sessions/sessions-page.tsx'), 'SessionsPage'),
})
export const sessionRoute = createRoute({
  ...page('/sessions/$id'),
  validateSearch: texts('node', 'tab'),
  component: lazyRouteComponent(() => import('./pages/session/session-page.tsx'), 'SessionPage'),
})
const agents = createRoute({ ...page('/agents'), component: lazyRouteComponent(() => import('./pages/agents/agents-page.tsx'), 'AgentsPage') })
export const deadLettersRoute = createRoute({
  ...page('/dead-letters'),
  validateSearch: texts('cursor', 'id'),
  component: lazyRouteComponent(() => import('./pages/dead-letters/dead-letters-page.tsx'), 'DeadLettersPage'),
})
export const auditRoute = createRoute({
  ...page('/audit'),
  validateSearch: texts('kind', 'about', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
})
export const settingsRoute = createRoute({
  ...page('/settings'),
  validateSearch: texts('tab', 'channel'),
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
})
const playground = createRoute({
  ...page('/playground'),
  component: lazyRouteComponent(() => import('./pages/playground/playground-page.tsx'), 'PlaygroundPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    start,
    approvalsRoute.addChildren([approvalRoute]),
    sessionsRoute,
    sessionRoute,
    agents,
    deadLettersRoute,
    auditRoute,
    settingsRoute,
    playground,
  ]),
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
