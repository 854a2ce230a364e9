import { PLAN_LIMITS, redriveRequestSchema, toSafeLine, type DeadSession, type RedriveRequest } from '@signalbox/contracts'

import type { Command, Invocation } from '../command.ts'
import { UsageFailure } from '../failure.ts'
import { readText } from '../options.ts'
import { renderDeadSession } from '../show/dead-letter-page.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { renderTable, type Column } from '../show/table.ts'
import { STATUS_STYLES, toAge, toCount } from '../show/words.ts'
import { change, LIMIT, noteMore, readLimit } from './sessions.ts'

export const deadLettersList: Command = {
  name: 'dead-letters list',
  summary: 'sessions with work that came to nothing and is kept, newest first',
  words: [],
  options: { limit: LIMIT },
  async run({ options, gateway, terminal, json, now }) {
    const found = await gateway.deadLetters({ limit: readLimit(options) })
    const { sessions, total } = found.value
    if (json) terminal.print(toSafeJson(found.json, 2))
    else if (sessions.length === 0) terminal.note('There are no dead letters.')
    else for (const line of renderTable(sessions, toColumns(now()), terminal)) terminal.print(line)
    noteMore(terminal, json, total - sessions.length, total)
    return 0
  },
}

export const deadLettersShow: Command = {
  name: 'dead-letters show',
  summary: 'one session’s dead letters, with everything that is known',
  words: ['SESSION'],
  options: {},
  async run({ words, gateway, terminal, json }) {
    const letter = await gateway.deadLetter(words[0] ?? '')
    if (json) terminal.print(toSafeJson(letter.json, 2))
    else for (const line of renderDeadSession(letter.value, terminal)) terminal.print(line)
    return 0
  },
}

export const deadLettersRedrive: Command = {
  name: 'dead-letters redrive',
  summary: 'try again what failed, and all that rests on it',
  words: ['SESSION'],
  options: {
    'node': { type: 'string', value: 'NODE', help: 'this node alone (default: all that failed)' },
    'instruction': { type: 'string', value: 'TEXT', help: 'with another instruction; needs --node' },
    'agent': { type: 'string', value: 'AGENT', help: 'on another agent; needs --node' },
    'budget-tokens': { type: 'string', value: 'N', help: 'with this many tokens for the session, what it spent included' },
    'budget-usd': { type: 'string', value: 'N', help: 'with this many US dollars for the session, what it spent included' },
  },
  more: `What had finished stays as it is. Watch it go on with: signalbox sessions watch SESSION
`,
  run: async (call) => change(call, await call.gateway.redrive(call.words[0] ?? '', readRedrive(call.options))),
}

/** The same, where one looks for what can be done with a session. */
export const sessionsRedrive: Command = { ...deadLettersRedrive, name: 'sessions redrive' }

export const deadLettersDrop: Command = {
  name: 'dead-letters drop',
  summary: 'give up a session’s dead letters',
  words: ['SESSION'],
  options: { yes: { type: 'boolean', help: 'do not ask' } },
  async run(call) {
    const id = call.words[0] ?? ''
    if (call.options['yes'] !== true && !(await confirm(call, id))) {
      call.terminal.note('Nothing was dropped.')
      return 1
    }
    const dropped = await call.gateway.drop(id)
    if (call.json) return change(call, dropped)
    call.terminal.print(`The dead letters of ${toSafeLine(dropped.value.session_id)} are dropped.`)
    return 0
  },
}

function readRedrive(options: Invocation['options']): RedriveRequest {
  const node = readText(options, 'node')
  const instruction = readText(options, 'instruction')
  const agent = readText(options, 'agent')
  if (node === undefined && (instruction !== undefined || agent !== undefined)) {
    throw new UsageFailure(`--${instruction === undefined ? 'agent' : 'instruction'} needs --node, to say which node it is for.`)
  }
  const budget = { ...readLimitOf(options, 'budget-tokens', 'tokens'), ...readLimitOf(options, 'budget-usd', 'usd') }
  const request = {
    ...(Object.keys(budget).length > 0 && { budget }),
    ...(node !== undefined && { node }),
    ...(instruction !== undefined && { instruction }),
    ...(agent !== undefined && { agent }),
  }
  const parsed = redriveRequestSchema.safeParse(request)
  if (parsed.success) return parsed.data
  const field = String(parsed.error.issues[0]?.path[0])
  if (field === 'budget') throw new UsageFailure('--budget-tokens is a whole number above 0, and --budget-usd a number above 0.')
  throw new UsageFailure(`--${field} must hold 1 to ${field === 'instruction' ? PLAN_LIMITS.instruction : 64} characters.`)
}

function readLimitOf(options: Invocation['options'], option: string, name: 'tokens' | 'usd'): Partial<Record<'tokens' | 'usd', number>> {
  const text = readText(options, option)
  return text === undefined ? {} : { [name]: Number(text) }
}

/** @throws UsageFailure where nobody is there to be asked. */
async function confirm({ terminal, signal, gateway }: Invocation, id: string): Promise<boolean> {
  const { letters } = (await gateway.deadLetter(id)).value
  const answer = await terminal.ask(`Drop ${toCount(letters.length, 'dead letter')} of ${toSafeLine(id)}? They cannot be redriven after that. [y/N] `, signal)
  if (answer === undefined) throw new UsageFailure('There is nobody to ask here. Say --yes to drop them.')
  return /^y(?:es)?$/i.test(answer.trim())
}

function toColumns(now: number): Column<DeadSession>[] {
  return [
    { title: 'SESSION', text: ({ session_id: id }) => id },
    { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
    { title: 'NODES', text: ({ letters }) => letters.map(({ node }) => node ?? '(session)').join(', '), shrinks: true },
    { title: 'TRIES', text: ({ letters }) => letters.map(({ attempts }) => attempts).join(', '), align: 'right' },
    { title: 'SINCE', text: ({ letters, updated_at: at }) => `${toAge(letters.at(-1)?.at ?? at, now)} ago`, align: 'right' },
    { title: 'ERROR', text: ({ letters }) => letters.at(-1)?.error.message ?? '', shrinks: true },
    { title: 'GOAL', text: ({ goal }) => goal, shrinks: true },
  ]
}
