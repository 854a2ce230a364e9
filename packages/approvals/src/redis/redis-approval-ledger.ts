import { randomUUID } from 'node:crypto'

import type { Approval, ApprovalState } from '@signalbox/contracts'
import type { Redis } from '@signalbox/sessions'
import { createAsker, createListeners, pingRedis } from '@signalbox/sessions/redis'

import type { Also, ApprovalLedger } from '../approval-ledger.ts'
import { alreadyDecided, movedOn, noSuchApproval, noSuchDelivery } from '../ledger-errors.ts'
import { dueAtOf, finishedAtOf, toDelivery } from '../new-delivery.ts'
import { verifyAudit } from '../verify-audit.ts'
import { AUDIT, waitBeyond } from '../wait-beyond.ts'
import { approvalCommands, deliveryCommands, type Command } from './ledger-commands.ts'
import { ledgerKeys } from './ledger-keys.ts'
import { CLAIM, SETTLE } from './ledger-scripts.ts'
import { findApproval, findApprovals, listApprovals } from './redis-approvals.ts'
import { findEntries, pageAudit, readEntries } from './redis-audit.ts'
import { findDelivery, lastDelivery, listDeliveries, readDelivery } from './redis-deliveries.ts'
import { sweepLedger } from './sweep-ledger.ts'
import { createTokenUse } from './use-tokens.ts'
import { createLedgerWriter, type LedgerWrite } from './write-ledger.ts'

export interface RedisApprovalLedgerOptions {
  /** Stays the caller's: closing the ledger does not close it. */
  redis: Redis
  /** What the keys begin with. */
  prefix?: string
  /** How often who waits looks for what was not told, milliseconds. What is noted in any process is told at once. */
  pollMs?: number
}

/** The approval ledger of several machines. What must happen at once is one script. */
export function openRedisApprovalLedger({ redis, prefix = 'signalbox', pollMs = 1_000 }: RedisApprovalLedgerOptions): ApprovalLedger {
  // The client's own time limit costs every command a timer, and ends when it is sent: who asks here has a limit of its own.
  const client = redis.client.withCommandOptions({ timeout: 0 })
  const { ask, once, close } = createAsker(redis, 'approval ledger')
  const keys = ledgerKeys(prefix)
  const place = { ask, client, keys }
  const writer = createLedgerWriter(client, once, keys)
  const useToken = createTokenUse(client, once, keys)
  /** Who has taken messages: this ledger, and no other in any process. */
  const holder = randomUUID()

  let unhear: (() => void) | undefined
  const listeners = createListeners({
    onFirst: () => (unhear = redis.channels.hear(keys.channel, () => listeners.wake(AUDIT))),
    onLast: () => unhear?.(),
    poll: () => listeners.wake(),
    pollMs,
  })
  const head = (): ReturnType<typeof writer.readHead> => ask(() => writer.readHead())

  function withApproval(approval: Approval, guard: 'new' | number, { notes, deliveries, undelivered = false }: Also & { undelivered?: boolean }): LedgerWrite {
    return {
      notes,
      commands: [...approvalCommands(keys, approval, undelivered), ...deliveries.flatMap((delivery): Command[] => deliveryCommands(keys, delivery))],
      approval: { key: keys.approval(approval.id), guard, state: approval.state },
    }
  }

  async function get(id: string): Promise<Approval | undefined> {
    return ask(() => findApproval(place, id))
  }

  return {
    async open(approval, also) {
      const opened: Approval = { ...approval, version: 1 }
      const { said } = await writer.write(approval, withApproval(opened, 'new', also))
      // Only a sweep can have removed it since.
      return said === 'written' ? opened : ((await get(approval.id)) ?? opened)
    },

    get,

    async change(approval, madeFrom, also) {
      const { id } = approval
      const changed: Approval = { ...approval, version: madeFrom + 1 }
      const { said, detail } = await writer.write(approval, withApproval(changed, madeFrom, also))
      if (said === 'gone') throw noSuchApproval(id)
      if (said === 'moved') throw movedOn(id, { version: Number(detail), madeFrom })
      if (said === 'decided') throw alreadyDecided(id, detail as ApprovalState)
      return changed
    },

    list: (query) => listApprovals(place, query),

    async undelivered(limit) {
      return findApprovals(place, await ask(() => client.zRange(keys.undelivered, 0, limit - 1)))
    },

    async delivered(id) {
      await ask(() => client.zRem(keys.undelivered, id))
    },

    async due(now, limit) {
      const ids = await ask(() => client.zRange(keys.due, '-inf', now.getTime(), { BY: 'SCORE', LIMIT: { offset: 0, count: limit } }))
      return findApprovals(place, ids)
    },

    async note(note) {
      const { entries } = await writer.write(note, { notes: [note], commands: [] })
      const [entry] = entries
      if (!entry) throw new Error('a note makes an entry')
      return entry
    },

    audit: (query) => pageAudit(place, query),

    entries: (after, limit) => readEntries(place, after, limit),

    head: async () => (await head()).seq,

    waitBeyond: (after, signal) => waitBeyond(listeners, async () => (await head()).seq, { after, signal }),

    verify: () => verifyAudit({ head, found: (after, limit) => findEntries(place, after, limit) }),

    async send(delivery) {
      await writer.write(delivery, { notes: [], commands: deliveryCommands(keys, delivery) })
      return (await findDelivery(place, delivery.id)) ?? toDelivery(delivery)
    },

    async claim(now, limit, leaseMs) {
      const args = [now.getTime(), limit, now.getTime() + leaseMs, holder].map(String)
      const claimed = (await once({}, (op) => CLAIM(client, [keys.waiting, keys.holders, keys.deliveries, keys.op(op)], args))) as (string | null)[]
      return claimed.flatMap((json) => (json === null ? [] : [readDelivery(json)]))
    },

    async settle(delivery) {
      const time = dueAtOf(delivery) ?? finishedAtOf(delivery) ?? 0
      const args = [delivery.id, JSON.stringify(delivery), delivery.state, String(time), holder]
      const said = await ask(() => SETTLE(client, [keys.deliveries, keys.waiting, keys.finished, keys.holders], args))
      if (said === 'gone') throw noSuchDelivery(delivery.id)
    },

    deliveries: (query) => listDeliveries(place, query),

    async lastDeliveries(channels) {
      const found = await Promise.all(channels.map((channel) => lastDelivery(place, channel)))
      return new Map(found.flatMap((delivery) => (delivery ? [[delivery.channel, delivery]] : [])))
    },

    useOnce: useToken,

    async sweep(before) {
      return { removed: await sweepLedger(place, before.getTime()) }
    },

    ping: (signal) => pingRedis(ask, client, signal),

    async close() {
      close()
      listeners.close()
    },
  }
}
