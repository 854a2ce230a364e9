import type { AuditPage, AuditQuery, AuditVerdict, Channel, Delivery, DeliveryPage, DeliveryQuery, FeedPage } from '@signalbox/contracts'

import type { SessionCall } from './session-call.ts'

/** The port to what is put down for good. Throws `AppError`, `permission_denied` where the caller's role does not allow it. */
export interface AuditDesk {
  audit(query: AuditQuery, call: SessionCall): Promise<AuditPage>
  verify(call: SessionCall): Promise<AuditVerdict>
  /** What has changed since `after`; waits up to `wait_s` where nothing has. Without `after`: where to go on from. */
  feed(query: { after?: number; wait_s: number }, call: SessionCall): Promise<FeedPage>
}

/** The port to where people are told of approvals. Throws as `AuditDesk` does. */
export interface ChannelDesk {
  channels(call: SessionCall): Promise<Channel[]>
  test(id: string, call: SessionCall): Promise<Delivery>
  deliveries(query: DeliveryQuery, call: SessionCall): Promise<DeliveryPage>
}
