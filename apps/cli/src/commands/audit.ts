import { AUDIT_GENESIS, auditKindSchema, hashOf, type AuditEntry, type AuditVerdict } from '@signalbox/contracts'

import type { Command, Invocation } from '../command.ts'
import { readChoice, readText } from '../options.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { renderTable, type Column } from '../show/table.ts'
import { toVisible } from '../show/visible.ts'
import { toCount, toMoment } from '../show/words.ts'
import { LIMIT, noteMore, readLimit } from './sessions.ts'

export const auditList: Command = {
  name: 'audit list',
  summary: 'who did what, when and from where, newest first',
  words: [],
  key: 'operator',
  options: {
    kind: { type: 'string', value: 'KIND', help: 'only this, as approval.decided or session.canceled' },
    about: { type: 'string', value: 'ID', help: 'only what is about this approval, session, user or channel, or by this one' },
    limit: LIMIT,
  },
  async run({ options, gateway, terminal, json }) {
    const kind = readChoice(options, 'kind', auditKindSchema.options)
    const about = readText(options, 'about')
    const found = await gateway.audit({ limit: readLimit(options), ...(kind && { kind }), ...(about !== undefined && { about }) })
    const { data, total } = found.value
    if (json) terminal.print(toSafeJson(found.json, 2))
    else if (data.length === 0) terminal.note('There is nothing on record.')
    else for (const line of renderTable(data, COLUMNS, terminal)) terminal.print(line)
    noteMore(terminal, json, total - data.length, total)
    return 0
  },
}

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'whether the record is whole: nothing changed, left out or put in between',
  words: [],
  key: 'operator',
  options: {
    here: { type: 'boolean', help: 'read the whole record and compute it here, and trust nobody’s word' },
    head: { type: 'string', value: 'HASH', help: 'a head that was kept before: the record must still hold it; implies --here' },
  },
  more: `Keep the head that it prints somewhere else: a record that was cut off at its end is found
out by it later. The exit code is 1 where the record is not whole.
`,
  async run(call) {
    const { options, gateway, terminal, json } = call
    const head = readText(options, 'head')?.toLowerCase()
    const { value, said } = options['here'] === true || head !== undefined ? await verifyHere(call, head) : toSaid(await gateway.verifyAudit())
    if (json) terminal.print(toSafeJson(said, 2))
    else if (value.ok)
      terminal.print(`${terminal.paint('green', 'The record is whole')}: ${toCount(value.entries, 'entry', 'entries')}, head ${toVisible(value.head)}`)
    else terminal.print(`${terminal.paint('red', 'The record is not whole')}: ${describeBreak(value)}`)
    return value.ok ? 0 : 1
  },
}

function toSaid({ value, json }: { value: AuditVerdict; json: unknown }): { value: AuditVerdict; said: unknown } {
  return { value, said: json }
}

/** From the newest entry to the first: each holds the hash of the one before it. */
async function verifyHere({ gateway }: Invocation, head: string | undefined): Promise<{ value: AuditVerdict; said: unknown }> {
  let newest: AuditEntry | undefined
  let later: AuditEntry | undefined
  let broken: AuditVerdict['broken'] = null
  let isHeadThere = head === undefined || head === AUDIT_GENESIS
  let entries = 0
  for await (const entry of gateway.wholeAudit()) {
    newest ??= entry
    entries += 1
    if (entry.hash === head) isHeadThere = true
    // The first break is the one that is furthest back.
    broken = faultOf(entry, later) ?? broken
    later = entry
  }
  if (later && (later.seq !== 1 || later.prev !== AUDIT_GENESIS)) broken = { seq: later.seq, why: 'what came before it is missing' }
  if (!broken && !isHeadThere) broken = { seq: newest?.seq ?? 0, why: `the head ${head ?? ''} is not in the record: it was cut off, or is another record` }
  const value: AuditVerdict = { ok: broken === null, entries, head: newest?.hash ?? AUDIT_GENESIS, broken }
  return { value, said: value }
}

function faultOf({ hash, ...entry }: AuditEntry, later: AuditEntry | undefined): AuditVerdict['broken'] {
  if (hashOf(entry) !== hash) return { seq: entry.seq, why: 'it is not what it was when it was written' }
  if (later && later.seq !== entry.seq + 1) return { seq: later.seq, why: `it follows ${entry.seq}, so something is missing or there twice` }
  if (later && later.prev !== hash) return { seq: later.seq, why: 'it was not written after the one before it' }
  return null
}

function describeBreak({ broken }: AuditVerdict): string {
  return broken ? `entry ${broken.seq}: ${toVisible(broken.why)}` : 'it does not say where'
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: 'SEQ', text: ({ seq }) => String(seq), align: 'right' },
  { title: 'AT', text: ({ at }) => toMoment(at) },
  { title: 'BY', text: ({ by }) => `${toVisible(by.name)} (${by.via})`, shrinks: true },
  { title: 'WHAT', text: ({ kind }) => kind },
  { title: 'ABOUT', text: ({ subject }) => toVisible(subject), shrinks: true },
  { title: 'FACTS', text: describeFacts, shrinks: true },
]

function describeFacts({ facts }: AuditEntry): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${toVisible(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(', ')
}
