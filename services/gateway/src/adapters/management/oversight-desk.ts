import {
  auditPageSchema,
  auditVerdictSchema,
  channelListSchema,
  deliveryPageSchema,
  deliverySchema,
  feedPageSchema,
  MANAGEMENT_PATHS,
} from '@signalbox/contracts'

import type { AuditDesk, ChannelDesk } from '../../core/oversight-desk.ts'
import type { Management } from './connect-management.ts'
import { toPlace } from './to-place.ts'

const { audit, channels, deliveries, feed } = MANAGEMENT_PATHS

export function createAuditDesk({ ask }: Management): AuditDesk {
  return {
    audit: (query, call) => ask({ method: 'GET', path: audit, query, schema: auditPageSchema }, call),
    verify: (call) => ask({ method: 'GET', path: `${audit}/verify`, schema: auditVerdictSchema }, call),
    feed: (query, call) => ask({ method: 'GET', path: feed, query, schema: feedPageSchema, waitS: query.wait_s }, call),
  }
}

export function createChannelDesk({ ask }: Management): ChannelDesk {
  const of = toPlace(channels)
  return {
    channels: async (call) => (await ask({ method: 'GET', path: channels, schema: channelListSchema }, call)).data,
    test: (id, call) => ask({ method: 'POST', ...of(id, '/test'), schema: deliverySchema }, call),
    deliveries: (query, call) => ask({ method: 'GET', path: deliveries, query, schema: deliveryPageSchema }, call),
  }
}
