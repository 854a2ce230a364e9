import type { AuditEntry, AuditNote } from '@signalbox/contracts'
import type { Asker, RedisClient } from '@signalbox/sessions/redis'

import { EMPTY_CHAIN, toEntries, type ChainHead } from '../chain.ts'
import { auditCommands, readHead, toHead, type Command } from './ledger-commands.ts'
import type { LedgerKeys } from './ledger-keys.ts'
import { WRITE } from './ledger-scripts.ts'

export interface LedgerWrite {
  notes: readonly AuditNote[]
  /** What is written along. */
  commands: Command[]
  /** The approval that this is about, as it has to be before: `new`, or of that version; and its state afterwards. */
  approval?: { key: string; guard: 'new' | number; state: string }
}

export interface Written {
  /** `written`, or why not. */
  said: string
  /** The rest of the answer. */
  detail: string
  entries: AuditEntry[]
}

/**
 * Writes to the ledger, each time all or nothing. Hashes are computed here: entries are made behind the end of
 * the chain as it was last known, and where others have gone on meanwhile they are made anew behind theirs.
 * Writers of this process take turns, so that only those of different processes can be too slow for each other.
 */
export function createLedgerWriter(
  client: RedisClient,
  once: Asker['once'],
  keys: LedgerKeys,
): { write(subject: object, write: LedgerWrite): Promise<Written>; readHead(): Promise<ChainHead> } {
  const turn = createTurns()
  let known: ChainHead = EMPTY_CHAIN

  async function readHeadNow(): Promise<ChainHead> {
    const head = await client.get(keys.head)
    return head === null ? EMPTY_CHAIN : readHead(head)
  }

  async function writeOnce(op: string, { notes, commands, approval }: LedgerWrite): Promise<Written> {
    for (;;) {
      const { entries, head } = toEntries(notes, known)
      const { keys: touched, args } = toArguments([...auditCommands(keys, entries, head), ...commands], [keys.op(op), keys.head, approval?.key ?? keys.head])
      const behind = notes.length > 0 ? toHead(known) : ''
      const answer = String(await WRITE(client, touched, [String(approval?.guard ?? ''), approval?.state ?? '', behind, keys.channel, ...args]))
      const [said = '', ...rest] = answer.split(' ')
      const detail = rest.join(' ')
      if (said === 'behind') {
        known = readHead(detail)
        continue
      }
      if (said !== 'written' || notes.length === 0) return { said, detail, entries: [] }
      // If the answer to an earlier try was lost, they were written behind what was the end then.
      const written = toEntries(notes, readHead(detail))
      if (written.head.seq > known.seq) known = written.head
      return { said, detail, entries: written.entries }
    }
  }

  return {
    write: (subject, write) => once(subject, (op) => (write.notes.length > 0 ? turn(() => writeOnce(op, write)) : writeOnce(op, write))),
    readHead: readHeadNow,
  }
}

/** Each key is given once, and named by its number. */
function toArguments(commands: readonly Command[], first: readonly string[]): { keys: string[]; args: string[] } {
  const numbers = new Map<string, number>()
  const keys = [...first]
  const numberOf = (key: string): number => {
    const number = numbers.get(key) ?? keys.push(key)
    numbers.set(key, number)
    return number
  }
  const args = commands.flatMap(([name, key, ...rest]) => [rest.length + 2, name, numberOf(key), ...rest].map(String))
  return { keys, args }
}

/** Has one thing done after the other. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}
