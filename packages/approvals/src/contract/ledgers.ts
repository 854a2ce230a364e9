import type { AppError, ErrorCode } from '@signalbox/errors'
import { afterEach } from 'vitest'

import type { ApprovalLedger } from '../approval-ledger.ts'

/**
 * Makes an empty place. `open` opens a ledger on it, the same each time, as another process would; `tamper`
 * does to the audit what nobody may; `dispose` forgets it.
 */
export type OpenLedger = () => Promise<LedgerPlace>

export interface LedgerPlace {
  open: () => Promise<ApprovalLedger>
  tamper: Tamper
  dispose: () => Promise<void>
}

export interface Tamper {
  /** Writes this over the entry of this number. */
  overwrite(seq: number, json: string): Promise<void>
  /** Takes the entry away, and the head stays what it is. */
  remove(seq: number): Promise<void>
  /** Puts this behind the last entry, and the head stays what it is. */
  append(json: string): Promise<void>
  /** What stands there. */
  read(seq: number): Promise<string>
  /** Says of the approval what was never one. */
  spoil(id: string): Promise<void>
}

export interface Ledgers {
  one(): Promise<ApprovalLedger>
  /** Two on the same place. */
  two(): Promise<[ApprovalLedger, ApprovalLedger]>
  tampered(): Promise<{ ledger: ApprovalLedger; tamper: Tamper }>
}

/** Opens ledgers for one test at a time, and closes after each what it opened. */
export function useLedgers(openLedger: OpenLedger): Ledgers {
  const closings: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closings.splice(0).toReversed()) await close()
  })

  async function several(count: number): Promise<{ place: LedgerPlace; ledgers: ApprovalLedger[] }> {
    const place = await openLedger()
    closings.push(place.dispose)
    const ledgers: ApprovalLedger[] = []
    for (let index = 0; index < count; index += 1) {
      const ledger = await place.open()
      closings.push(() => ledger.close())
      ledgers.push(ledger)
    }
    return { place, ledgers }
  }

  return {
    one: async () => (await several(1)).ledgers[0] as ApprovalLedger,
    two: async () => (await several(2)).ledgers as [ApprovalLedger, ApprovalLedger],
    async tampered() {
      const { place, ledgers } = await several(1)
      return { ledger: ledgers[0] as ApprovalLedger, tamper: place.tamper }
    },
  }
}

/** How it failed, if it did. */
export async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return work.then(
    () => 'no error' as const,
    (error: AppError) => error.code,
  )
}

/** `upTo(3)` is 1, 2, 3. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

export function idsOf(items: readonly { id: string }[]): string[] {
  return items.map(({ id }) => id)
}

/** The whole audit, oldest first. */
export async function wholeAudit(ledger: ApprovalLedger): ReturnType<ApprovalLedger['entries']> {
  return ledger.entries(0, 100_000)
}
