import { toSafeLine } from '@signalbox/contracts'
import { Webhook } from 'standardwebhooks'
import type { Agent } from 'undici'

import type { WebhookConfig } from './channels-schema.ts'
import type { Message, Outcome, Sender } from './message.ts'
import { post } from './post.ts'
import { toFailure } from './to-failure.ts'
import { toTitle } from './wording.ts'

/** Messages as Standard Webhooks has them: `webhook-id` is the delivery's, and the same on every try. */
export function createWebhookSender(config: WebhookConfig, agent: Agent): Sender {
  const signer = new Webhook(config.secret)
  return {
    async send(message, signal) {
      const body = JSON.stringify(toPayload(message))
      const at = new Date()
      const headers = {
        ...config.headers,
        'webhook-id': message.delivery.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': signer.sign(message.delivery.id, at, body),
      }
      try {
        return toOutcome(await post(agent, config.url, { headers, body, signal }))
      } catch (error) {
        return toFailure(error)
      }
    },
    async close() {},
  }
}

/** What a receiver gets. Never arguments, and never what an agent says for itself. */
export function toPayload({ delivery, approval, link }: Message): { type: string; timestamp: string; data: Record<string, unknown> } {
  const { event: type, created_at: timestamp } = delivery
  if (!approval) return { type, timestamp, data: { channel: delivery.channel, url: link } }
  const data = {
    approval_id: approval.id,
    session_id: approval.session_id,
    title: toTitle(approval),
    action_type: toSafeLine(approval.action.type, 100),
    agent: approval.agent,
    risk: approval.risk.level,
    expires_at: approval.expires_at,
    state: approval.state,
    url: link,
  }
  return { type, timestamp, data }
}

/** Any 2xx is taken; 410 says that nobody is there for good. Whatever else may be over by the next try. */
function toOutcome({ status, afterMs }: { status: number; afterMs: number | undefined }): Outcome {
  if (status >= 200 && status < 300) return { state: 'delivered', status, error: null }
  if (status === 410) return { state: 'failed', status, error: 'It answered 410: it wants no more messages.', again: false }
  const error = status >= 300 && status < 400 ? `It answered ${status}; redirects are not followed.` : `It answered ${status}.`
  return { state: 'failed', status, error, again: true, ...(afterMs !== undefined && { afterMs }) }
}
