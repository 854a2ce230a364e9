import { symbols, type DestinationStream, type Logger } from 'pino'

import { createClock } from './iso-clock.ts'
import { activeFields } from './logger.ts'

/** A line's own fields: flat, ours by name, none of them a secret. Undefined ones are left out. */
export type EventFields = Record<string, string | number | boolean | undefined>

const INFO = 30

/**
 * Writes one kind of event to a log, as `log.info(fields, message)` would: for the line that every request has, which
 * pino would take apart and look for secrets in. The same fields, in the same order, to the same place.
 */
export function createEventLog(log: Logger, message: string): (fields: EventFields) => void {
  const { [symbols.streamSym]: destination, [symbols.chindingsSym]: bindings } = log as unknown as {
    [symbols.streamSym]: DestinationStream & { lastLevel?: number }
    [symbols.chindingsSym]: string
  }
  const readTime = createClock()
  const beginning = `{"level":${INFO},"time":"`
  const end = `,"msg":${JSON.stringify(message)}}\n`
  return (fields) => {
    if (!log.isLevelEnabled('info')) return
    destination.lastLevel = INFO
    destination.write(`${beginning}${readTime()}"${bindings}${toActiveMembers(fields)}${toMembers(fields)}${end}`)
  }
}

/** What the work under way carries, without what the event says itself. */
function toActiveMembers(fields: EventFields): string {
  const active = activeFields()
  let members = ''
  for (const name in active) if (fields[name] === undefined) members += `,"${name}":${toText(active[name] as string)}`
  return members
}

/** Nothing in it that JSON writes in another way: ids never have any. */
const PLAIN = /^[\w.:-]*$/

function toText(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)
}

/** An object's members, to stand behind others. A text made in one go is flat; one put together is taken apart again when it is written. */
function toMembers(fields: EventFields): string {
  const json = JSON.stringify(fields)
  return json === '{}' ? '' : `,${json.slice(1, -1)}`
}
