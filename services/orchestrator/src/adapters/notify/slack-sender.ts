import type { Approval } from '@signalbox/contracts'
import type { Agent } from 'undici'

import type { SlackConfig } from './channels-schema.ts'
import type { Message, Outcome, Sender } from './message.ts'
import { post, type Answer } from './post.ts'
import { toFailure } from './to-failure.ts'
import { toFacts, toHeadline, toInvitation } from './wording.ts'

/** Slack's own bounds on a header's and a field's text. */
const LONGEST = { header: 150, text: 2_000 }

/** Messages by a Slack incoming webhook, or one that speaks like it. */
export function createSlackSender(config: SlackConfig, agent: Agent): Sender {
  return {
    async send(message, signal) {
      const body = JSON.stringify(toSlackMessage(message, config.recipient))
      try {
        return toOutcome(await post(agent, config.url, { headers: {}, body, signal }))
      } catch (error) {
        return toFailure(error)
      }
    },
    async close() {},
  }
}

/** Blocks, and the text that stands for them in a notification. Links are never fetched for a preview. */
export function toSlackMessage(message: Message, recipient: { name: string } | undefined): Record<string, unknown> {
  const { approval, link, consoleLink } = message
  const headline = toHeadline(message)
  const isPending = approval?.state === 'pending'
  const buttons = [
    { type: 'button', action_id: 'open', text: plain(toInvitation(message, recipient)), url: link, ...(isPending && recipient && { style: 'primary' }) },
    ...(approval ? [{ type: 'button', action_id: 'console', text: plain(isPending ? 'Decide in the console' : 'Open in the console'), url: consoleLink }] : []),
  ]
  return {
    text: escapeText(headline),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(headline, LONGEST.header) },
      ...(approval ? [{ type: 'section', fields: toFields(approval) }] : []),
      { type: 'actions', elements: buttons },
    ],
  }
}

function toFields(approval: Approval): object[] {
  const facts = toFacts(approval).map(([label, text]) => marked(`*${label}*\n${escapeText(text)}`))
  if (approval.state !== 'pending') return facts
  const at = Math.floor(Date.parse(approval.expires_at) / 1_000)
  // Slack shows it in the reader's own time.
  return [...facts, marked(`*Decide by*\n<!date^${at}^{date_short_pretty} {time}|${approval.expires_at}>`)]
}

function plain(text: string, longest = LONGEST.text): object {
  return { type: 'plain_text', text: cut(escapeText(text), longest), emoji: false }
}

/** `verbatim`: addresses and names in it do not become links by themselves. */
function marked(text: string): object {
  return { type: 'mrkdwn', text: cut(text, LONGEST.text), verbatim: true }
}

/** Slack's three characters: what is left cannot name a person, a channel or a link. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Half of an escape would be shown as it stands. */
function cut(text: string, longest: number): string {
  return text.length <= longest
    ? text
    : `${text
        .slice(0, longest - 1)
        .replace(/&[a-z]{0,3}$/, '')
        .replace(/[\ud800-\udbff]$/, '')}…`
}

function toOutcome({ status, text, afterMs }: Answer): Outcome {
  if (status >= 200 && status < 300) return { state: 'delivered', status, error: null }
  // Slack says in one word what is wrong: `no_service`, `invalid_payload`.
  const word = /^[a-z_]{1,40}$/.exec(text.trim())?.[0]
  const again = status >= 500 || status === 429 || status === 408
  return { state: 'failed', status, error: `It answered ${status}${word === undefined ? '' : ` (${word})`}.`, again, ...(afterMs !== undefined && { afterMs }) }
}
