import { AUDIT_GENESIS, hashOf, type AuditEntry, type AuditNote, type AuditVerdict } from '@signalbox/contracts'

/** Where a chain ends: its last entry's number and hash. */
export interface ChainHead {
  seq: number
  hash: string
}

export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: AUDIT_GENESIS }

/** The note as the entry numbered `seq`, behind the one whose hash is `prev`. */
export function toEntry(note: AuditNote, prev: string, seq: number): AuditEntry {
  const { kind, at, by, subject, session_id, facts } = note
  // As JSON has it, so that the entry is now what it will be when it is read.
  const unsealed = JSON.parse(toWellFormedJson({ kind, at, by, subject, session_id, facts, seq, prev })) as Omit<AuditEntry, 'hash'>
  return { ...unsealed, hash: hashOf(unsealed) }
}

/**
 * JSON without halves of surrogate pairs, of which there is no canonical JSON and no UTF-8. People and agents
 * choose some of what is noted: what they write may be replaced, and must not keep it from being noted.
 */
function toWellFormedJson(value: unknown): string {
  // Only such halves are escaped by a `d`. The other way of the pattern steps over an escaped backslash.
  return JSON.stringify(value).replaceAll(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, half?: string) => (half === undefined ? escape : '\uFFFD'))
}

/** The notes as entries, one behind the other, behind `head`. */
export function toEntries(notes: readonly AuditNote[], head: ChainHead): { entries: AuditEntry[]; head: ChainHead } {
  const entries: AuditEntry[] = []
  for (const note of notes) {
    const entry = toEntry(note, head.hash, head.seq + 1)
    entries.push(entry)
    head = entry
  }
  return { entries, head: { seq: head.seq, hash: head.hash } }
}

/** An entry as it was found: in the place of which number, and what stands there, believed in nothing. */
export interface FoundEntry {
  place: number | string
  json: string
}

export interface ChainCheck {
  /** Where the part that fits ends. */
  readonly head: ChainHead
  /** The first entry that does not fit, and why. */
  readonly broken: AuditVerdict['broken']
  /** Looks at the next one. Once something does not fit, nothing more is looked at. */
  add(found: FoundEntry): void
  /** Compares the end with where the ledger says it is, and says how it went. */
  end(head: ChainHead): AuditVerdict
}

/** Recomputes a chain from its first entry on, one at a time. */
export function checkChain(): ChainCheck {
  let head = EMPTY_CHAIN
  let broken: AuditVerdict['broken'] = null

  return {
    get head() {
      return head
    },
    get broken() {
      return broken
    },
    add(found) {
      if (broken) return
      const next = readNext(head, found)
      if ('why' in next) broken = next
      else head = next
    },
    end(kept) {
      broken ??= compareEnds(head, kept)
      return { ok: !broken, entries: head.seq, head: head.hash, broken }
    },
  }
}

/** Verifies entries that were exported, oldest first. What was cut off at the end is found where `head` is the hash that was kept elsewhere. */
export async function verifyChain(entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>, head?: string): Promise<AuditVerdict> {
  const check = checkChain()
  for await (const entry of entries) {
    check.add({ place: entry.seq, json: JSON.stringify(entry) })
    if (check.broken) break
  }
  return check.end({ seq: check.head.seq, hash: head ?? check.head.hash })
}

/** The head with this entry, or what is wrong with it. */
function readNext({ seq: last, hash: prev }: ChainHead, { place, json }: FoundEntry): ChainHead | { seq: number; why: string } {
  const seq = last + 1
  const fault = (why: string): { seq: number; why: string } => ({ seq, why })
  if (typeof place === 'string' || place < seq) return fault(`Something was put in before entry ${seq}, at ${place}.`)
  if (place > seq) return fault(place === seq + 1 ? `Entry ${seq} is missing.` : `Entries ${seq} to ${place - 1} are missing.`)
  const entry = readEntry(json)
  if (!entry) return fault(`Entry ${seq} cannot be read.`)
  const { hash, ...unsealed } = entry
  if (unsealed['seq'] !== seq) return fault(`In the place of entry ${seq} stands one that calls itself ${JSON.stringify(unsealed['seq'])}.`)
  if (hashIfAny(unsealed) !== hash) return fault(`Entry ${seq} was changed: its hash is not that of what it says.`)
  if (unsealed['prev'] !== prev)
    return fault(seq === 1 ? `Entry 1 is not the first of a chain.` : `Entry ${seq} does not follow on entry ${last} as it stands.`)
  return { seq, hash }
}

/** All that it says, known to us or not: a hash is over everything. */
function readEntry(json: string): (Record<string, unknown> & { hash: string }) | undefined {
  try {
    const value: unknown = JSON.parse(json)
    const isEntry = typeof value === 'object' && value !== null && 'hash' in value && typeof value.hash === 'string'
    return isEntry ? (value as Record<string, unknown> & { hash: string }) : undefined
  } catch {
    return undefined
  }
}

/** Undefined for what cannot have been hashed: it was never JSON that we wrote. */
function hashIfAny(value: unknown): string | undefined {
  try {
    return hashOf(value)
  } catch {
    return undefined
  }
}

function compareEnds(found: ChainHead, kept: ChainHead): AuditVerdict['broken'] {
  if (found.seq < kept.seq) return { seq: found.seq + 1, why: `The end is missing: the last entry is ${kept.seq}, and what is there ends with ${found.seq}.` }
  if (found.seq > kept.seq) return { seq: kept.seq + 1, why: `Entry ${kept.seq + 1} was put behind the end.` }
  if (found.hash !== kept.hash) return { seq: found.seq, why: `Entry ${found.seq} is not the one that the chain ended with.` }
  return null
}
