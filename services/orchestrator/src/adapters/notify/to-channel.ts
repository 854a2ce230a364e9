import type { Channel, Delivery } from '@signalbox/contracts'

import type { ChannelConfig } from './channels-schema.ts'

/** A channel as it may be shown: of its URL, whose path is often the secret itself, no more than the host. */
export function toChannel(channel: ChannelConfig, last: Delivery | undefined): Channel {
  const { id, type, recipient } = channel
  return {
    id,
    type,
    target: type === 'email' ? channel.to.join(', ') : `${new URL(channel.url).origin}/…`,
    recipient: recipient?.id ?? null,
    last: last ? { state: last.state, at: last.finished_at ?? last.created_at, error: last.error } : null,
  }
}
