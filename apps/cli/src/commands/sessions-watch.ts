import type { SessionEventType, SessionStatus } from '@signalbox/contracts'

import type { Command, Invocation } from '../command.ts'
import { readNumber } from '../options.ts'
import { renderEvent } from '../show/event-line.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { renderAnswer } from '../show/session-page.ts'

export const sessionsWatch: Command = {
  name: 'sessions watch',
  summary: 'what a session does, as it does it, to its end',
  words: ['SESSION'],
  options: { after: { type: 'string', value: 'N', help: 'only what comes after the event of that number' } },
  more: `Lost connections are taken up where they broke off. Ctrl-C stops watching; the session
goes on. With --json every event is one line of JSON. The exit code is 1 where the
session did not complete. Where it waits for a person, the line says with which
command to decide or to answer.
`,
  async run(call) {
    const id = call.words[0] ?? ''
    const after = readNumber(call.options, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 })
    try {
      return await watch(call, id, after)
    } catch (error) {
      if (!call.signal.aborted) throw error
      call.terminal.note('Stopped watching. The session goes on.')
      return 0
    }
  },
}

async function watch({ gateway, terminal, json }: Invocation, id: string, after: number): Promise<number> {
  let status: SessionStatus | undefined
  const onBreak = (why: string): void => terminal.note(terminal.paint('dim', `${why} Trying again…`))
  for await (const { event, json: said, seq } of gateway.events(id, { after, onBreak })) {
    status = event && STATUS_AFTER[event.type]
    if (json) terminal.print(toSafeJson(said))
    else if (event) printIfAny(renderEvent(event, terminal, id), terminal)
    else terminal.note(`Event ${seq} is of a kind that this signalbox does not know.`)
  }
  if (json && status !== undefined) return toExitCode(status)
  const { view: session } = (await gateway.session(id)).value
  if (!json) for (const line of renderAnswer(session, terminal)) terminal.print(line)
  return toExitCode(session.status)
}

function printIfAny(line: string | undefined, { print }: Invocation['terminal']): void {
  if (line !== undefined) print(line)
}

const STATUS_AFTER: Partial<Record<SessionEventType, SessionStatus>> = {
  'session.completed': 'completed',
  'session.failed': 'failed',
  'session.canceled': 'canceled',
  'session.expired': 'expired',
}

function toExitCode(status: SessionStatus): number {
  return status === 'completed' ? 0 : 1
}
