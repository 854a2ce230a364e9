import type { SessionEvent } from '@signalbox/contracts'
import type { AppError, ErrorCode } from '@signalbox/errors'
import { afterEach } from 'vitest'

import type { InboxEntry, Lease, SessionStore } from '../session-store.ts'

/** Makes an empty place. `open` opens a store on it, the same each time, as another process would; `dispose` forgets it. */
export type OpenStore = () => Promise<{ open: () => Promise<SessionStore>; dispose: () => Promise<void> }>

export interface Stores {
  one(): Promise<SessionStore>
  /** Two on the same place. */
  two(): Promise<[SessionStore, SessionStore]>
}

/** Opens stores for one test at a time, and closes after each what it opened. */
export function useStores(openStore: OpenStore): Stores {
  const closings: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closings.splice(0).toReversed()) await close()
  })

  async function two(): Promise<[SessionStore, SessionStore]> {
    const { open, dispose } = await openStore()
    closings.push(dispose)
    const stores: [SessionStore, SessionStore] = [await open(), await open()]
    closings.push(...stores.map((store) => () => store.close()))
    return stores
  }

  return { two, one: async () => (await two())[0] }
}

export async function acquired(store: SessionStore, id: string, options: { holder?: string; leaseMs?: number } = {}): Promise<Lease> {
  const lease = await store.acquire(id, { holder: 'a', leaseMs: 60_000, ...options })
  if (!lease) throw new Error('the lease is held')
  return lease
}

/** How it failed, if it did. */
export async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return work.then(
    () => 'no error' as const,
    (error: AppError) => error.code,
  )
}

/** All of them, to the end or to the first `count`. */
export async function collect<Item>(items: AsyncIterable<Item>, count = Infinity): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) if (all.push(item) >= count) break
  return all
}

/** What a `cancel` says; the tests tell messages apart by it. */
export function reasonOf({ message }: InboxEntry): string | undefined {
  return message.type === 'cancel' ? message.reason : undefined
}

export function seqsOf(events: readonly SessionEvent[]): number[] {
  return events.map(({ seq }) => seq)
}

/** `upTo(3)` is 1, 2, 3. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
