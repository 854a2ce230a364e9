import { AppError } from '@signalbox/errors'

import type { TaskPage, TaskQuery } from '../task-service.ts'
import type { LiveTask } from './live-task.ts'

/** One page of tasks, newest status first. The token names the last task seen, so that a page stays right while tasks come. */
export function listTasks(tasks: readonly LiveTask[], query: TaskQuery): TaskPage {
  const wanted = tasks
    .filter(({ task }) => query.contextId === undefined || task.contextId === query.contextId)
    .filter(({ task }) => query.state === undefined || task.status.state === query.state)
    .filter(({ task }) => query.statusSince === undefined || Date.parse(task.status.timestamp) >= Date.parse(query.statusSince))
    .toSorted((a, b) => compare(keyOf(b), keyOf(a)))
  const after = query.pageToken ? readToken(query.pageToken) : undefined
  const rest = after === undefined ? wanted : wanted.filter((live) => compare(keyOf(live), after) < 0)
  const page = rest.slice(0, query.pageSize)
  const last = page.at(-1)
  return {
    tasks: page.map((live) => {
      const task = live.snapshot(query.historyLength)
      return query.includeArtifacts ? task : { ...task, artifacts: [] }
    }),
    nextPageToken: last && rest.length > page.length ? Buffer.from(keyOf(last)).toString('base64url') : '',
    pageSize: query.pageSize,
    totalSize: wanted.length,
  }
}

function keyOf({ task }: LiveTask): string {
  return `${task.status.timestamp} ${task.id}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8')
  if (!/^\d{4}-\d\d-\d\dT\S+ \S+$/.test(key)) throw new AppError('invalid_request', 'The page token is not one of ours.', { param: 'pageToken' })
  return key
}
