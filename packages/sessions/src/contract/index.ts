import { describe } from 'vitest'

import { documentRules } from './document-rules.ts'
import { eventRules } from './event-rules.ts'
import { followRules } from './follow-rules.ts'
import { heedRules } from './heed-rules.ts'
import { inboxRules } from './inbox-rules.ts'
import { leaseRules } from './lease-rules.ts'
import { listRules } from './list-rules.ts'
import { modelRules } from './model-rules.ts'
import { outputRules } from './output-rules.ts'
import { useStores, type OpenStore } from './stores.ts'
import { sweepRules } from './sweep-rules.ts'

export { openFaultyWire, type FaultyWire } from '../redis/faulty-wire.ts'
export { describeSessionStoreAcrossProcesses, type StoreElsewhere } from './across-processes.ts'
export { describeDoorbell, type OpenDoorbell } from './doorbell-rules.ts'
export type { OpenStore } from './stores.ts'

/** What every session store does. Each adapter runs this suite; the rules are those of the port, by its numbers. */
export function describeSessionStore(name: string, openStore: OpenStore): void {
  describe(name, () => {
    const stores = useStores(openStore)
    documentRules(stores)
    outputRules(stores)
    leaseRules(stores)
    eventRules(stores)
    followRules(stores)
    inboxRules(stores)
    heedRules(stores)
    listRules(stores)
    sweepRules(stores)
    modelRules(stores)
  })
}
