import { setTimeout as pause } from 'node:timers/promises'

import type { ApprovalLedger } from '@signalbox/approvals'
import { createId, type Actor, type Approval, type Channel, type Delivery } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'
import type { Agent } from 'undici'

import type { Notifier } from '../../core/approvals/ports.ts'
import type { ChannelConfig } from './channels-schema.ts'
import { openGuardedAgent, type Lookup } from './guarded-agent.ts'
import type { Links } from './links.ts'
import { createMailSender } from './mail-sender.ts'
import type { Outcome, Sender } from './message.ts'
import type { Allowance } from './outgoing-guard.ts'
import { createOutboxWorker, type OutboxSettings } from './outbox-worker.ts'
import { createSlackSender } from './slack-sender.ts'
import { toChannel } from './to-channel.ts'
import { createWebhookSender } from './webhook-sender.ts'

const SETTINGS: OutboxSettings = { pausesMs: [5_000, 30_000, 120_000, 600_000, 3_600_000], deadlineMs: 10_000, pollMs: 1_000, atOnce: 8 }
/** Deliveries of a channel among which a test that was just sent is looked for. */
const LATEST = 100
const LOOK_EVERY_MS = 100

export interface NotifierOptions {
  ledger: Pick<ApprovalLedger, 'get' | 'note' | 'send' | 'claim' | 'settle' | 'deliveries' | 'lastDeliveries'>
  channels: readonly ChannelConfig[]
  links: Links
  /** Where people reach the console: `https://signalbox.example/console`. */
  consoleUrl: string
  /** Where a link's page is, without the link itself; `/d` beside the console where absent. */
  linkUrl?: string
  telemetry: Telemetry
  /** Hosts beside those on the internet that webhooks may be sent to. */
  allowances?: readonly Allowance[]
  settings?: Partial<OutboxSettings>
  /** How names become addresses; the system's way where absent. */
  lookup?: Lookup
}

/** Tells people of approvals: says which messages an approval calls for, and sends those that are in the outbox. */
export interface ApprovalNotifier extends Notifier {
  start(): void
  /** As they are shown, with how the latest message to each went. */
  channels(): Promise<Channel[]>
  /**
   * Sends a test at once, once, and answers how it went. Noted in the audit.
   * @throws AppError `not_found` for a channel that there is not.
   */
  test(channelId: string, by: Actor): Promise<Delivery>
  /** Waits for what is under way, at most until `signal` aborts. */
  close(signal?: AbortSignal): Promise<void>
}

export function createNotifier(options: NotifierOptions): ApprovalNotifier {
  const { ledger, channels, links, telemetry } = options
  const consoleUrl = options.consoleUrl.replace(/\/+$/, '')
  const linkUrl = options.linkUrl?.replace(/\/+$/, '') ?? `${consoleUrl.replace(/\/console$/, '')}/d`
  const settings = { ...SETTINGS, ...options.settings }
  const { deadlineMs } = settings
  const agent = openGuardedAgent({ allowances: options.allowances ?? [], connectMs: deadlineMs, ...(options.lookup && { lookup: options.lookup }) })
  const senders = new Map(channels.map((channel) => [channel.id, createSender(channel, { agent, deadlineMs })]))
  const tries = telemetry.meter.createCounter('signalbox.notification.tries')
  const worker = createOutboxWorker({ ledger, send, settings, telemetry })

  async function send(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const outcome = await trySending(delivery, signal).catch((error: unknown): Outcome => {
      telemetry.log.error({ err: error, delivery: delivery.id }, 'a notification could not be made')
      return { state: 'failed', status: null, error: 'Something went wrong on our side.', again: true }
    })
    tries.add(1, { type: channels.find(({ id }) => id === delivery.channel)?.type ?? 'unknown', state: outcome.state })
    return outcome
  }

  async function trySending(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const sender = senders.get(delivery.channel)
    if (!sender) return { state: 'failed', status: null, error: 'There is no channel of this name any more.', again: false }
    if (delivery.approval_id === null) return sender.send({ delivery, approval: undefined, link: consoleUrl, consoleLink: consoleUrl }, signal)
    const approval = await ledger.get(delivery.approval_id)
    if (!approval) return { state: 'failed', status: null, error: 'Its approval is not kept any more.', again: false }
    const token = links.issue({ id: delivery.id, channel: delivery.channel, at: delivery.created_at, approval })
    const consoleLink = `${consoleUrl}/approvals/${encodeURIComponent(approval.id)}`
    return sender.send({ delivery, approval, link: `${linkUrl}/${token}`, consoleLink }, signal)
  }

  async function outcomeOf(sent: Delivery): Promise<Delivery> {
    const end = Date.now() + deadlineMs + 2 * settings.pollMs
    for (;;) {
      const { deliveries } = await ledger.deliveries({ channel: sent.channel, limit: LATEST })
      const now = deliveries.find(({ id }) => id === sent.id) ?? sent
      if (now.state !== 'waiting' || Date.now() > end) return now
      await pause(LOOK_EVERY_MS)
    }
  }

  return {
    deliveriesFor(approval, event) {
      const wanted = channels.filter((channel) => isToldOf(channel, approval, event))
      return wanted.map(({ id }) => ({ id: createId('dlv'), channel: id, event, approval_id: approval.id, created_at: new Date().toISOString() }))
    },
    start: () => worker.start(),
    async channels() {
      const last = await ledger.lastDeliveries(channels.map(({ id }) => id))
      return channels.map((channel) => toChannel(channel, last.get(channel.id)))
    },
    async test(channelId, by) {
      const channel = channels.find(({ id }) => id === channelId)
      if (!channel) throw new AppError('not_found', 'There is no channel of this name.')
      const at = new Date().toISOString()
      const { id, name, via, from } = by
      const sent = await ledger.send({ id: createId('dlv'), channel: channel.id, event: 'test', approval_id: null, created_at: at })
      await ledger.note({
        kind: 'channel.tested',
        at,
        by: { id, name, via, ...(from !== undefined && { from }) },
        subject: channel.id,
        session_id: null,
        facts: { type: channel.type, delivery: sent.id },
      })
      worker.wake()
      return outcomeOf(sent)
    },
    async close(signal) {
      await worker.close(signal)
      await Promise.all([...senders.values()].map((sender) => sender.close()))
      await agent.destroy()
    },
  }
}

function createSender(channel: ChannelConfig, { agent, deadlineMs }: { agent: Agent; deadlineMs: number }): Sender {
  switch (channel.type) {
    case 'webhook':
      return createWebhookSender(channel, agent)
    case 'slack':
      return createSlackSender(channel, agent)
    case 'email':
      return createMailSender(channel, { deadlineMs })
  }
}

function isToldOf(channel: ChannelConfig, approval: Approval, event: Delivery['event']): boolean {
  if (approval.notify !== null && !approval.notify.includes(channel.id)) return false
  return channel.events.some((wanted) => event === `approval.${wanted}`)
}
