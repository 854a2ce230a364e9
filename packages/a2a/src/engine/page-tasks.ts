import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { Task } from '../model.ts'
import type { TaskPage, TaskQuery } from '../task-service.ts'
import type { TaskActor } from './task-actor.ts'

/** One page of an owner's tasks, newest status first (specification section 3.1.4). */
export function pageTasks(actors: Iterable<TaskActor>, owner: string, query: TaskQuery): TaskPage {
  const matching = [...actors].filter((actor) => actor.owner === owner && matches(actor, query)).toSorted(newestFirst)
  const cursor = query.pageToken === undefined ? undefined : readCursor(query.pageToken)
  const rest = cursor ? matching.filter((actor) => newestFirst(cursor, actor) < 0) : matching
  const page = rest.slice(0, query.pageSize)
  const last = page.at(-1)
  return {
    tasks: page.map((actor) => toListed(actor.snapshot(), query)),
    nextPageToken: last && rest.length > page.length ? toCursor(last) : '',
    pageSize: query.pageSize,
    totalSize: matching.length,
  }
}

/** A task with its last messages only. No limit when `historyLength` is absent, none at all when it is 0. */
export function withHistory(task: Task, historyLength: number | undefined): Task {
  if (historyLength === undefined || task.history.length <= historyLength) return task
  return { ...task, history: historyLength === 0 ? [] : task.history.slice(-historyLength) }
}

function toListed(task: Task, query: TaskQuery): Task {
  return withHistory(query.includeArtifacts ? task : { ...task, artifacts: [] }, query.historyLength)
}

function matches(actor: TaskActor, { contextId, state, statusSince }: TaskQuery): boolean {
  if (contextId !== undefined && actor.contextId !== contextId) return false
  if (state !== undefined && actor.state !== state) return false
  return statusSince === undefined || actor.statusTimestamp >= statusSince
}

interface Cursor {
  statusTimestamp: string
  id: string
}

function newestFirst(one: Cursor, other: Cursor): number {
  if (one.statusTimestamp !== other.statusTimestamp) return one.statusTimestamp > other.statusTimestamp ? -1 : 1
  return one.id === other.id ? 0 : one.id > other.id ? -1 : 1
}

const cursorSchema = z.tuple([z.iso.datetime(), z.string()])

function toCursor({ statusTimestamp, id }: Cursor): string {
  return Buffer.from(JSON.stringify([statusTimestamp, id])).toString('base64url')
}

function readCursor(token: string): Cursor {
  try {
    const [statusTimestamp, id] = cursorSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString()))
    return { statusTimestamp, id }
  } catch (cause) {
    throw new AppError('invalid_request', 'The page token is not one of ours.', { param: 'pageToken', cause })
  }
}
