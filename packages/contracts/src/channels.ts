import { z } from 'zod'

export const channelTypeSchema = z.enum(['webhook', 'slack', 'email'])

/** Where people are told of approvals, as it is shown: without its secrets, and with no more of its URL than the host. */
export const channelSchema = z.object({
  id: z.string(),
  type: channelTypeSchema,
  /** `https://hooks.slack.com/…` or `approvals@example.com`. */
  target: z.string(),
  /** Who a link that is sent here speaks for: `user:alice`. Null for a channel that many read, whose links only show. */
  recipient: z.string().nullable(),
  last: z.object({ state: z.enum(['delivered', 'failed', 'waiting']), at: z.iso.datetime(), error: z.string().nullable() }).nullable(),
})
export type Channel = z.infer<typeof channelSchema>
export const channelListSchema = z.object({ object: z.literal('list'), data: z.array(channelSchema) })

/** One message to one channel, tried until it is taken or given up. */
export const deliverySchema = z.object({
  id: z.string(),
  channel: z.string(),
  event: z.enum(['approval.requested', 'approval.escalated', 'approval.decided', 'approval.expired', 'test']),
  approval_id: z.string().nullable(),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.int().nonnegative(),
  /** Of the last answer, where there was one. */
  status: z.int().nullable(),
  error: z.string().nullable(),
  created_at: z.iso.datetime(),
  next_at: z.iso.datetime().nullable(),
  finished_at: z.iso.datetime().nullable(),
})
export type Delivery = z.infer<typeof deliverySchema>

/** `GET /v1/deliveries?channel=&approval_id=&limit=&cursor=`: newest first. */
export const deliveryQuerySchema = z.object({
  channel: z.string().max(64).optional(),
  approval_id: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(512).optional(),
})
export type DeliveryQuery = z.infer<typeof deliveryQuerySchema>
export const deliveryPageSchema = z.object({ object: z.literal('list'), data: z.array(deliverySchema), next_cursor: z.string().nullable() })
export type DeliveryPage = z.infer<typeof deliveryPageSchema>
