import {
  sessionStatusSchema,
  TERMINAL_STATUSES,
  toSafeLine,
  type SessionBrief,
  type SessionChanged,
  type SessionStatus,
  type SessionView,
} from '@signalbox/contracts'

import type { Answer } from '../api/call-gateway.ts'
import type { Command, Invocation } from '../command.ts'
import { UsageFailure } from '../failure.ts'
import { readChoice, readNumber, readText } from '../options.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { renderSession } from '../show/session-page.ts'
import { renderTable, type Column } from '../show/table.ts'
import { describeStatus, STATUS_STYLES, toAge, toCount } from '../show/words.ts'

const LONGEST_LIST = 1_000

export const LIMIT = { type: 'string', value: 'N', help: `how many at most (default 20, at most ${LONGEST_LIST})` } as const

export const sessionsList: Command = {
  name: 'sessions list',
  summary: 'your sessions, newest first; with --all everybody’s',
  words: [],
  options: {
    all: { type: 'boolean', help: 'everybody’s, with the operator key' },
    owner: { type: 'string', value: 'OWNER', help: 'with --all: only those of this owner' },
    search: { type: 'string', value: 'TEXT', help: 'with --all: this in the goal, or a session’s or a request’s id' },
    status: { type: 'string', value: 'STATUS', help: `only those that are ${sessionStatusSchema.options.join(', ')}` },
    limit: LIMIT,
  },
  async run(call) {
    const { options, gateway, terminal, json, now } = call
    const status = readChoice(options, 'status', sessionStatusSchema.options)
    if (call.isOperator) return listAll(call, status)
    for (const name of ['owner', 'search']) if (options[name] !== undefined) throw new UsageFailure(`--${name} needs --all.`)
    const found = await gateway.sessions({ limit: readLimit(options), status })
    if (json) terminal.print(toSafeJson(found.json, 2))
    else if (found.value.length === 0) terminal.note(status === undefined ? 'There are no sessions.' : `There are no sessions that are ${status}.`)
    else for (const line of renderTable(found.value, toColumns(now()), terminal)) terminal.print(line)
    return 0
  },
}

async function listAll({ options, gateway, terminal, json, now }: Invocation, status: SessionStatus | undefined): Promise<number> {
  const owner = readText(options, 'owner')
  const q = readText(options, 'search')
  const filter = { ...(status && { status }), ...(owner !== undefined && { owner }), ...(q !== undefined && { q }) }
  const found = await gateway.allSessions({ limit: readLimit(options), ...filter })
  const { sessions, total } = found.value
  if (json) terminal.print(toSafeJson(found.json, 2))
  else if (sessions.length === 0) terminal.note(Object.keys(filter).length === 0 ? 'There are no sessions.' : 'There are no such sessions.')
  else for (const line of renderTable(sessions, toBriefColumns(now()), terminal)) terminal.print(line)
  noteMore(terminal, json, total - sessions.length, total)
  return 0
}

/** Says how much more there is than was shown. */
export function noteMore(terminal: Invocation['terminal'], json: boolean, more: number, total: number): void {
  if (!json && more > 0) terminal.note(`${more} more: --limit ${Math.min(total, LONGEST_LIST)}`)
}

export const sessionsShow: Command = {
  name: 'sessions show',
  summary: 'one session: its plan, its nodes, what it waits for, what it cost, its answer',
  words: ['SESSION'],
  options: {},
  async run({ words, gateway, terminal, json, now }) {
    const session = await gateway.session(words[0] ?? '')
    if (json) terminal.print(toSafeJson(session.json, 2))
    else for (const line of renderSession(session.value, terminal, now())) terminal.print(line)
    return 0
  },
}

export const sessionsPause: Command = {
  name: 'sessions pause',
  summary: 'begin nothing new until it is resumed',
  words: ['SESSION'],
  options: {},
  run: async (call) => change(call, await call.gateway.pause(call.words[0] ?? ''), 'paused'),
}

export const sessionsResume: Command = {
  name: 'sessions resume',
  summary: 'go on with a paused session',
  words: ['SESSION'],
  options: {},
  run: async (call) => change(call, await call.gateway.resume(call.words[0] ?? '')),
}

export const sessionsCancel: Command = {
  name: 'sessions cancel',
  summary: 'end a session for good, and what its agents do for it',
  words: ['SESSION'],
  options: {},
  async run(call) {
    return change(call, await call.gateway.cancel(call.words[0] ?? ''), 'canceled')
  },
}

export const sessionsAnswer: Command = {
  name: 'sessions answer',
  summary: 'answer what a session’s agent asks',
  words: ['SESSION', 'TEXT'],
  options: { question: { type: 'string', value: 'ID', help: 'this question (default: the one that was asked first)' } },
  more: `What it asks is shown by: signalbox sessions show SESSION
`,
  async run(call) {
    const [id = '', text = ''] = call.words
    const question = readText(call.options, 'question')
    return change(call, await call.gateway.answer(id, { text: text.trim(), ...(question !== undefined && { question }) }))
  },
}

export function readLimit(options: Invocation['options']): number {
  return readNumber(options, 'limit', { min: 1, max: LONGEST_LIST, fallback: 20 })
}

/** Says what a session is after something was done with it, and where that is not yet what was `wanted`. */
export function change({ terminal, json }: Invocation, changed: Answer<SessionChanged>, wanted?: SessionStatus): number {
  const { session_id: id, status } = changed.value
  if (json) terminal.print(toSafeJson(changed.json, 2))
  else terminal.print(`${toSafeLine(id)} is ${terminal.paint(STATUS_STYLES[status], status.replace('_', ' for '))}`)
  if (wanted !== undefined && status !== wanted) terminal.note(`It will be ${wanted}: that is kept, and done as soon as the session can be reached.`)
  return 0
}

function toColumns(now: number): Column<SessionView>[] {
  return [
    { title: 'SESSION', text: ({ id }) => id },
    { title: 'STATUS', text: describeStatus, style: ({ status }) => STATUS_STYLES[status] },
    { title: 'NODES', text: toProgress, align: 'right' },
    { title: 'TOKENS', text: ({ usage }) => (usage.total_tokens === 0 ? '' : usage.total_tokens.toLocaleString('en')), align: 'right' },
    { title: 'BEGUN', text: ({ created_at: at }) => `${toAge(at, now)} ago`, align: 'right' },
    { title: 'GOAL', text: ({ goal }) => goal, shrinks: true },
  ]
}

/** `2/5`: how many of the plan's nodes are over. */
function toProgress({ plan, nodes, status }: SessionView): string {
  if (!plan) return TERMINAL_STATUSES.has(status) ? '' : 'planning'
  const over = plan.nodes.filter(({ id }) => ['completed', 'skipped', 'failed'].includes(nodes[id]?.state ?? 'pending')).length
  return `${over}/${plan.nodes.length}`
}

function toBriefColumns(now: number): Column<SessionBrief>[] {
  return [
    { title: 'SESSION', text: ({ id }) => id },
    { title: 'OWNER', text: ({ owner }) => owner, shrinks: true },
    { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
    { title: 'WAITS FOR', text: describeOpen, style: () => 'yellow' },
    { title: 'NODES', text: ({ nodes }) => (nodes.total === 0 ? '' : `${nodes.completed}/${nodes.total}`), align: 'right' },
    { title: 'TOKENS', text: ({ usage }) => (usage.total_tokens === 0 ? '' : usage.total_tokens.toLocaleString('en')), align: 'right' },
    { title: 'BEGUN', text: ({ created_at: at }) => `${toAge(at, now)} ago`, align: 'right' },
    { title: 'GOAL', text: ({ goal }) => goal, shrinks: true },
  ]
}

function describeOpen({ approvals_open: approvals, questions_open: questions }: SessionBrief): string {
  return [approvals > 0 && toCount(approvals, 'approval'), questions > 0 && toCount(questions, 'answer')].filter((part) => part !== false).join(', ')
}
