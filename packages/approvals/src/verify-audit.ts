import { setImmediate as pause } from 'node:timers/promises'

import type { AuditVerdict } from '@signalbox/contracts'

import { checkChain, type ChainHead, type FoundEntry } from './chain.ts'

export interface KeptAudit {
  /** Where the chain ends by what is kept beside it, together with which every entry is written. */
  head(): ChainHead | Promise<ChainHead>
  /** Whatever stands behind `after`, in its order; from the very first on for undefined. */
  found(after: number | undefined, limit: number): FoundEntry[] | Promise<FoundEntry[]>
}

/** How many entries are recomputed at once: few enough that others have their turn in between. */
const BATCH = 500

/** Reads the whole chain and recomputes it, up to where it ended when its last part was read. More may be written meanwhile. */
export async function verifyAudit(audit: KeptAudit): Promise<AuditVerdict> {
  const check = checkChain()
  for (;;) {
    // Asked before the entries: up to it all must be there.
    const head = await audit.head()
    const found = await audit.found(check.head.seq || undefined, BATCH)
    const beyond = found.filter(({ place }) => typeof place === 'number' && place > head.seq)
    for (const entry of found.slice(0, found.length - beyond.length)) check.add(entry)
    // What is behind the end is new, or else should not be there.
    const last = beyond.at(-1)
    if (last && Number(last.place) > (await audit.head()).seq) for (const entry of beyond) check.add(entry)
    if (check.broken || last || found.length < BATCH) return check.end(head)
    await pause()
  }
}
