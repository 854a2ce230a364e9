import { describe, expect, test } from 'vitest'

import { anApproval } from './fixtures/approval.ts'
import { startMailServer, type MailServer } from './fixtures/smtp-server.ts'
import { channelsOf, closing, startNotifier } from './fixtures/world.ts'

describe('a mail', () => {
  test('says what is asked, in text and in HTML, and its link is all there is to follow', async () => {
    const server = closing(await startMailServer())
    const { tell, settled } = await startNotifier(channelsOf(mailBy(server, { recipient: 'user:alice' })))
    await tell(anApproval({ expires_at: '2026-11-22T11:00:00.000Z' }))
    expect(await settled()).toMatchObject([{ state: 'delivered', status: 250, attempts: 1, error: null }])

    const [mail] = server.mails
    expect(mail).toMatchObject({ from: 'sbx@example.com', to: ['alice@example.com'] })
    const { headers, text, html } = parts(mail?.raw ?? '')
    expect(headers).toContain('From: Signalbox <sbx@example.com>')
    expect(headers).toContain('Auto-Submitted: auto-generated')
    expect(text).toContain('Action: deploy\r\nAgent: deployer\r\nRisk: high\r\nDecide by: 2026-11-22 11:00 UTC')
    expect(text).toMatch(
      /Review and decide: https:\/\/signalbox\.example\/d\/[\w.-]+\r\nIn the console: https:\/\/signalbox\.example\/console\/approvals\/apr_1/,
    )
    expect(text).toContain('This link is for alice alone and decides in that name.')
    expect(html).toMatch(/<a href="https:\/\/signalbox\.example\/d\/[\w.-]+"/)
    expect(html).not.toMatch(/<img|<link|<script|src=|url\(/)
    expect(mail?.raw).not.toMatch(/the-args|the-statement|the-why|the-goal/)
  })

  test('cannot be made to carry markup or headers of an agent’s', async () => {
    const server = closing(await startMailServer())
    const { tell, settled } = await startNotifier(channelsOf(mailBy(server)))
    await tell(anApproval({ action: { ...anApproval().action, title: 'x\r\nBcc: eve@example.com\r\n\r\n<img src="https://evil.example">"&' } }))
    await settled()
    const { headers, html } = parts(server.mails[0]?.raw ?? '')
    expect(server.mails[0]?.to).toEqual(['alice@example.com'])
    expect(headers).not.toMatch(/^Bcc:/m)
    expect(html).toContain('&quot;&amp;')
    expect(html).not.toContain('<img')
  })

  test('is the same one on every try, and stands with the others about its approval', async () => {
    let refusals = 1
    const server = closing(await startMailServer((command) => (command.startsWith('DATA') && (refusals -= 1) >= 0 ? '451 later' : undefined)))
    const { ledger, notifier, tell, settled } = await startNotifier(channelsOf(mailBy(server)))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered', attempts: 2 }])
    await ledger.change(anApproval({ state: 'rejected' }), 1, { notes: [], deliveries: notifier.deliveriesFor(anApproval(), 'approval.decided') })
    const [decided, requested] = await settled()
    const [first, second] = server.mails.map(({ raw }) => parts(raw).headers)
    expect(first).toContain(`Message-ID: <${requested?.id}@example.com>`)
    expect(second).toContain(`Message-ID: <${decided?.id}@example.com>`)
    const thread = /References: <[0-9a-f]{32}@example\.com>/.exec(first ?? '')?.[0]
    expect(thread).toBeDefined()
    expect(second).toContain(thread)
    expect(second).toMatch(/Subject: .*Rejected/)
  })

  test('goes out under the user and the password of the URL', async () => {
    const server = closing(await startMailServer())
    const { tell, settled } = await startNotifier(channelsOf(mailBy(server, { smtp: `smtp://sbx%40example.com:p%40ss%2Fword@127.0.0.1:${server.port}` })))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered' }])
    expect(server.mails[0]?.login).toBe('sbx@example.com:p@ss/word')
  })

  test('is not sent, and neither is the password, where a server does not encrypt that has to', async () => {
    const commands: string[] = []
    const server = closing(await startMailServer((command) => void commands.push(command)))
    const { tell, settled } = await startNotifier(channelsOf(mailBy(server, { smtp: `smtp://u:the-password@127.0.0.1:${server.port}?requireTLS=true` })))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', attempts: 1, error: 'The mail server answered 502 to STARTTLS.' }])
    expect(server.mails).toHaveLength(0)
    expect(commands.some((command) => /^(AUTH|MAIL)/.test(command))).toBe(false)
  })

  test('that some of its addresses were refused for is delivered, with a word about it', async () => {
    const server = closing(await startMailServer((command) => (command.includes('<bob@') ? '550 no such user' : undefined)))
    const { tell, settled } = await startNotifier(channelsOf(mailBy(server, { to: ['alice@example.com', 'bob@example.com'] })))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered', attempts: 1, error: '1 of 2 addresses were refused.' }])
  })

  test('that the server will not have is not sent again, and no password is in what is said of it', async () => {
    const server = closing(await startMailServer((command) => (command.startsWith('AUTH') ? `535 no: ${command}` : undefined)))
    const { tell, settled } = await startNotifier(channelsOf(mailBy(server, { smtp: `smtp://u:the-password@127.0.0.1:${server.port}` })))
    await tell(anApproval())
    const deliveries = await settled()
    expect(deliveries).toMatchObject([{ state: 'failed', attempts: 1, status: 535, error: 'The mail server answered 535: it did not take user and password.' }])
  })

  test('whose server is away or silent is tried again', async () => {
    const silent = closing(await startMailServer(() => ''))
    const gone = await startMailServer()
    await gone.close()
    const { tell, settled } = await startNotifier(channelsOf(mailBy(silent, { id: 'silent' }), mailBy(gone, { id: 'gone' })), {
      settings: { deadlineMs: 150, pausesMs: [5] },
    })
    await tell(anApproval())
    const deliveries = await settled()
    expect(deliveries.find(({ channel }) => channel === 'gone')).toMatchObject({ state: 'failed', attempts: 2, error: 'The connection was refused.' })
    expect(deliveries.find(({ channel }) => channel === 'silent')).toMatchObject({ state: 'failed', attempts: 2, error: 'There was no answer in time.' })
  })
})

function mailBy(server: MailServer, more: object = {}): object {
  return { id: 'mail', type: 'email', to: ['alice@example.com'], from: 'Signalbox <sbx@example.com>', smtp: `smtp://127.0.0.1:${server.port}`, ...more }
}

function parts(raw: string): { headers: string; text: string; html: string } {
  const end = raw.indexOf('\r\n\r\n')
  const body = (type: string): string => new RegExp(`Content-Type: ${type}[^]*?\\r\\n\\r\\n([^]*?)\\r\\n--`).exec(raw)?.[1] ?? ''
  return { headers: raw.slice(0, end), text: body('text/plain'), html: body('text/html') }
}
