import type { FeedPage } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { LONG_POLL_S, requireWaited } from './long-poll.ts'
import { mendBreaks, type Patience } from './mend-breaks.ts'
import type { AuditDesk } from './oversight-desk.ts'
import type { SessionCall } from './session-call.ts'

/** Something that has changed, and how many approvals wait since. */
export type FeedItem = FeedPage['data'][number] & { pending: number }

/**
 * What changes after `after`, as it does, in the order of `seq`, each once; until the caller leaves. Where the record
 * was begun anew, and is not as long as `after`, it goes on from its end.
 *
 * @throws AppError what the orchestrator said, or `unavailable` when it stayed away for too long.
 */
export async function* followFeed(desk: Pick<AuditDesk, 'feed'>, after: number, call: SessionCall, patience: Patience): AsyncGenerator<FeedItem> {
  let seen = after
  const now = patience.now ?? Date.now
  yield* mendBreaks({
    ...patience,
    signal: call.signal,
    sayLost: () => `The orchestrator cannot be reached. Ask for what has changed after ${seen} when it is back.`,
    async *open(alive) {
      for (;;) {
        const askedAt = now()
        const { data, last, pending } = await desk.feed({ after: seen, wait_s: LONG_POLL_S }, call)
        alive()
        seen = Math.min(seen, last)
        for (const item of data) {
          if (item.seq <= seen) throw new AppError('upstream_invalid', 'The orchestrator told again of what it had told before.')
          seen = item.seq
          yield { ...item, pending }
        }
        if (data.length === 0) requireWaited(now() - askedAt)
      }
    },
  })
}
