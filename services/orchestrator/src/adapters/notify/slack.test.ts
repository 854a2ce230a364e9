import type { Approval } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { anApproval } from './fixtures/approval.ts'
import { answering, startReceiver } from './fixtures/receiver.ts'
import { ADMIN, channelsOf, closing, startNotifier } from './fixtures/world.ts'

describe('a message to Slack', () => {
  test('says what is asked, by whom, with what risk and until when, and has buttons that are links', async () => {
    const { blocks } = await sent(anApproval({ expires_at: '2026-11-22T11:00:00.000Z' }))
    expect(blocks).toEqual([
      { type: 'header', text: plain('Approval needed: Deploy ‹prod› &amp; more') },
      {
        type: 'section',
        fields: [
          marked('*Action*\ndeploy'),
          marked('*Agent*\ndeployer'),
          marked('*Risk*\nhigh'),
          marked('*Decide by*\n<!date^1795345200^{date_short_pretty} {time}|2026-11-22T11:00:00.000Z>'),
        ],
      },
      {
        type: 'actions',
        elements: [
          { type: 'button', action_id: 'open', text: plain('View'), url: expect.stringMatching(/^https:\/\/signalbox\.example\/d\/[\w.-]+$/) },
          { type: 'button', action_id: 'console', text: plain('Decide in the console'), url: 'https://signalbox.example/console/approvals/apr_1' },
        ],
      },
    ])
  })

  test('invites to decide where it is one person’s own', async () => {
    const { blocks } = await sent(anApproval(), 'user:alice')
    expect(JSON.stringify(blocks)).toContain('Review and decide')
  })

  test('that is late says how it stands by now', async () => {
    const decisions: Approval['decisions'] = [
      {
        by: { id: 'user:bob', name: 'Bob <b>' },
        via: 'console',
        decision: 'approve',
        reason: 'the-reason',
        args_sha256: '',
        at: new Date().toISOString(),
        superseded: false,
      },
    ]
    const message = await sent(anApproval({ state: 'approved', decisions }), 'user:alice')
    expect(message.text).toBe('Approved: Deploy ‹prod› &amp; more')
    expect(JSON.stringify(message)).toContain('Bob ‹b› (approve)')
    expect(JSON.stringify(message)).not.toMatch(/the-reason|Review and decide|Decide by/)
  })

  test('cannot be made to call people, to hide a link, or to load anything', async () => {
    const message = await sent(
      anApproval({
        agent: '<!channel>',
        action: { ...anApproval().action, title: '<https://evil.example|Console> @here ![x](https://evil.example/p.png)\u202e', type: '&lt;!here&gt;' },
      }),
    )
    const text = JSON.stringify(message)
    expect(text).not.toMatch(/<(?!!date\^)|\u202e/)
    expect(text).toContain('&amp;lt;!here&amp;gt;')
    expect(message).toMatchObject({ unfurl_links: false, unfurl_media: false })
  })

  test('keeps to Slack’s bounds, however long the title is', async () => {
    const { blocks } = await sent(anApproval({ action: { ...anApproval().action, title: '&'.repeat(200) } }))
    const [header] = blocks as { text: { text: string } }[]
    expect(header?.text.text.length).toBeLessThanOrEqual(150)
    expect(header?.text.text).toMatch(/&amp;…$/)
  })

  test('never says what would be run, or what the agent says for it', async () => {
    expect(JSON.stringify(await sent(anApproval()))).not.toMatch(/the-args|the-statement|the-why|the-goal/)
  })
})

test('what Slack refuses is not sent again, and its word for why is told', async () => {
  const receiver = closing(await startReceiver((response) => void response.writeHead(404).end('no_service')))
  const { notifier, tell, settled } = await startNotifier(channelsOf({ id: 'team', type: 'slack', url: receiver.url }))
  await tell(anApproval())
  expect(await settled()).toMatchObject([{ state: 'failed', attempts: 1, status: 404, error: 'It answered 404 (no_service).' }])
  expect(await notifier.test('team', ADMIN)).toMatchObject({ state: 'failed', error: 'It answered 404 (no_service).' })
})

test('what Slack has no time for is sent again', async () => {
  const receiver = closing(await startReceiver(answering(429, 500, 200)))
  const { tell, settled } = await startNotifier(channelsOf({ id: 'team', type: 'slack', url: receiver.url }))
  await tell(anApproval())
  expect(await settled()).toMatchObject([{ state: 'delivered', attempts: 3 }])
})

async function sent(approval: Approval, recipient?: string): Promise<{ text: string; blocks: unknown[] }> {
  const receiver = closing(await startReceiver())
  const { tell, settled } = await startNotifier(channelsOf({ id: 'team', type: 'slack', url: receiver.url, ...(recipient && { recipient }) }))
  await tell(approval)
  expect(await settled()).toMatchObject([{ state: 'delivered' }])
  return JSON.parse(receiver.received[0]?.body ?? '{}') as { text: string; blocks: unknown[] }
}

function plain(text: string): object {
  return { type: 'plain_text', text, emoji: false }
}

function marked(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true }
}
