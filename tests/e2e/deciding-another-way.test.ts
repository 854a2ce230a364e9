import { afterAll, beforeAll, expect, test } from 'vitest'

import { openLine } from './breakable-line.ts'
import { findBarriers, keepScreenshot, openVisitor, signIn, type Page } from './browser.ts'
import { approvalOf, askFor, call, eventsOf, openAdmin, openConsoleHouse, sessionThat, standing, type ConsoleHouse } from './console-house.ts'
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts'

/* A decision gets through: by keys alone, by a link in a message, over lines that break, and over a crash. */

const policiesFor = (receiver: string): string => `
version: 1
channels:
  - id: alices
    type: webhook
    url: ${receiver}
    secret: whsec_${Buffer.alloc(32, 7).toString('base64')}
    recipient: { id: user:alice, name: Alice, role: approver }
`

let receiver: WebhookReceiver
let house: ConsoleHouse

beforeAll(async () => {
  receiver = await startWebhookReceiver()
  house = await openConsoleHouse({ policies: policiesFor(receiver.url), environment: { NOTIFY_ALLOW_HOSTS: '127.0.0.1:*' } })
})

afterAll(async () => {
  await house?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
})

test('by keys alone somebody signs in, finds what waits, takes an approval back, approves, rejects with a reason and confirms what is grave', async () => {
  const low = askFor(house, { type: 'mail', title: 'Send mail 51', args: { to: 'team' }, risk: 'low' })
  await approvalOf(house, 'Send mail 51')
  const medium = askFor(house, { title: 'Deploy build 52', args: { build: 52 }, risk: 'medium' })
  await approvalOf(house, 'Deploy build 52')
  const high = askFor(house, { type: 'database.drop', title: 'Drop table 53', args: { table: 53 }, risk: 'high', reversible: false })
  await approvalOf(house, 'Drop table 53')
  await using visitor = await openVisitor(house.browser, { baseUrl: house.signalbox.origin })
  const { page } = visitor
  const { keyboard } = page
  const focused = (name: string): Promise<void> => page.locator(':focus').and(row(page, name)).waitFor()

  await page.goto('/console/audit')
  await page
    .locator(':focus')
    .and(page.getByLabel('Password', { exact: true }))
    .waitFor()
  await keyboard.type(house.signalbox.consolePassword)
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Audit' }).waitFor()
  await keyboard.press('g')
  await keyboard.press('i')
  await row(page, 'Drop table 53').waitFor()
  await keyboard.press('j')
  await focused('Send mail 51')
  await keyboard.press('j')
  await keyboard.press('k')
  await focused('Send mail 51')

  await keyboard.press('a')
  await page.getByText(/Approving Send mail 51/).waitFor()
  await keyboard.press('Escape')
  await page.getByText('Taken back: nothing was approved.').waitFor()
  await keyboard.press('k')
  await focused('Send mail 51')
  await keyboard.press('a')
  await focused('Deploy build 52')

  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Deploy build 52' }).waitFor()
  await keyboard.press('r')
  await page.locator(':focus').and(page.getByLabel('Why not?')).waitFor()
  await keyboard.type('Build 52 is broken: rather 51.')
  await keyboard.press('Control+Enter')
  await page.getByRole('heading', { name: 'Drop table 53' }).waitFor()

  await keyboard.press('a')
  await page.locator(':focus').and(page.getByLabel('Write database.drop to approve')).waitFor()
  await keyboard.type('drop')
  await keyboard.press('Enter')
  expect(await button(page, 'Approve').isDisabled()).toBe(true)
  await keyboard.press('Control+A')
  await keyboard.type('database.drop')
  await keyboard.press('Enter')

  expect((await low).content).toContain('mail ran with {"to":"team"}')
  expect((await medium).content).toContain('Build 52 is broken: rather 51.')
  expect((await high).content).toContain('database.drop ran with {"table":53}')
  expect(visitor.faults()).toEqual([])
})

test('a link in a message shows, however often and in whatever way it is opened; only its button decides, without scripts and without a sign-in', async () => {
  const answer = askFor(house, { title: 'Deploy build 61', args: { build: 61, token: 'a secret' }, risk: 'high' })
  const link = await receiver.linkOf('Deploy build 61')
  const approval = await approvalOf(house, 'Deploy build 61')
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD', 'OPTIONS', 'PUT']) {
    const shown = await fetch(link, { method, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
    expect([method, shown.status < 300]).toEqual([method, method === 'GET' || method === 'HEAD'])
    if (method === 'GET') expect(await shown.text()).toContain('•••• (keyed ')
  }
  const now = await standing(house, approval)
  expect(now).toMatchObject({ state: 'pending', decisions: [], version: approval.version })

  const context = await house.browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  await page.goto(link)
  await page.getByRole('heading', { name: 'Deploy build 61' }).waitFor()
  await keepScreenshot(page, 'decision-link-phone')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('alert').filter({ hasText: 'Nothing was decided yet.' }).waitFor()
  await page.getByLabel('To approve, write deploy').fill('deploy')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText(/^Alice approved this/).waitFor()
  expect((await answer).content).toContain('deploy ran with {"build":61')

  const again = await fetch(link, { method: 'POST', body: new URLSearchParams({ version: String(approval.version), decision: 'reject' }), redirect: 'manual' })
  expect(again.status).toBe(409)
  expect(await standing(house, approval)).toMatchObject({ state: 'approved', decisions: [{ by: { id: 'user:alice' }, via: 'link', decision: 'approve' }] })
  await page.reload()
  await keepScreenshot(page, 'decision-link-decided')
  await context.close()
})

test('the page behind a link has no barriers, light and dark', async () => {
  const answer = askFor(house, { title: 'Deploy build 62', args: { build: 62 } })
  const link = await receiver.linkOf('Deploy build 62')
  for (const theme of ['light', 'dark'] as const) {
    await using visitor = await openVisitor(house.browser, { baseUrl: house.signalbox.origin, look: { theme, size: 'phone' } })
    await visitor.page.goto(link)
    expect(await findBarriers(visitor.page)).toEqual([])
    await keepScreenshot(visitor.page, `decision-link-${theme}-phone`)
    expect(visitor.faults()).toEqual([])
  }
  const approval = await approvalOf(house, 'Deploy build 62')
  await call(house, 'POST', `/approvals/${approval.id}/decision`, { body: { decision: 'reject', reason: 'Enough.' }, headers: { 'if-match': '"1"' } })
  await answer
})

test('a session’s page whose line breaks again and again shows each event once, and none is missing', async () => {
  await using line = await openLine(house.signalbox.origin)
  await using visitor = await openVisitor(house.browser, { baseUrl: line.origin })
  const { page } = visitor
  await signIn(page, { password: house.signalbox.consolePassword })
  const answer = askFor(
    house,
    { title: 'Deploy build 63', args: { build: 63 } },
    ', then ask mock-search to check it [delay 400], then ask mock-search to tell [delay 400]',
  )
  const approval = await approvalOf(house, 'Deploy build 63')
  await page.goto(`/console/sessions/${approval.session_id}?tab=events`)
  await rows(page).first().waitFor()

  line.break()
  await page.getByRole('status').filter({ hasText: 'Reconnecting' }).first().waitFor()
  await decide(approval.id, approval.version)
  line.mend()
  await page
    .getByRole('region', { name: 'Events' })
    .getByText(/approved/i)
    .first()
    .waitFor()
  line.interrupt()
  await answer
  await sessionThat(house, approval.session_id, 'completed')
  await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor()

  const events = await eventsOf(house, approval.session_id)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const whole = await rows(page).allInnerTexts()
  await page.reload()
  await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor()
  await rows(page)
    .nth(whole.length - 1)
    .waitFor()
  expect(await rows(page).allInnerTexts()).toEqual(whole)
  expect(whole.filter((text) => /approved/i.test(text)).length).toBeGreaterThan(0)
  expect(whole).toHaveLength(new Set(whole).size)
})

test('who reads a session’s events, and loses the line after every few, has each of them once when they go on from the last', async () => {
  const answer = askFor(house, { title: 'Deploy build 64', args: { build: 64 } }, ', then ask mock-search to check it')
  const approval = await approvalOf(house, 'Deploy build 64')
  const seen: number[] = []
  const reading = (async () => {
    while (await readSome(approval.session_id, seen, 3));
  })()
  await decide(approval.id, approval.version)
  await Promise.all([answer, reading])
  const all = await eventsOf(house, approval.session_id)
  expect(seen).toEqual(all.map(({ seq }) => seq))
  expect(all.at(-1)).toMatchObject({ type: 'session.completed' })
})

test('an approval outlives a server that is killed while it waits: its page comes back by itself, is decided on, and the session completes', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  const lost = askFor(house, { title: 'Deploy build 65', args: { build: 65 } }, ', then ask mock-search to check it')
  const approval = await approvalOf(house, 'Deploy build 65')
  await page.goto(`/console/approvals/${approval.id}`)
  await button(page, 'Approve').waitFor()

  await house.crashAndRestart()
  await expect(lost).rejects.toThrow()
  expect(await standing(house, approval)).toMatchObject({ state: 'pending', args_sha256: approval.args_sha256, version: approval.version })
  await page
    .getByRole('status')
    .filter({ hasText: /^Live$/ })
    .first()
    .waitFor()
  await button(page, 'Approve').click()
  const { session } = await sessionThat(house, approval.session_id, 'completed')
  expect(session.answer?.text).toContain('deploy ran with {"build":65}')
  expect(await house.agent.done()).toMatchObject({ 'deploy {"build":65}': 1 })
  const events = await eventsOf(house, approval.session_id)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.filter(({ type }) => type === 'approval.decided')).toHaveLength(1)
  expect(visitor.faults()).toEqual([])
})

function row(page: Page, title: string) {
  return page.getByRole('link', { name: title, exact: true })
}

/** In the bar at which it is decided. */
function button(page: Page, name: string) {
  return page.getByRole('region', { name: 'Decide' }).getByRole('button', { name: new RegExp(`^${name}\\b`) })
}

/** Of the event log. */
function rows(page: Page) {
  return page.getByRole('region', { name: 'Events' }).getByRole('listitem')
}

async function decide(id: string, version: number): Promise<void> {
  const answer = await call(house, 'POST', `/approvals/${id}/decision`, { body: { decision: 'approve' }, headers: { 'if-match': `"${version}"` } })
  expect(answer.status).toBe(200)
}

/** Reads so many events after the last that was seen, and hangs up in the middle. Answers whether there is more. */
async function readSome(session: string, seen: number[], count: number): Promise<boolean> {
  const hangUp = new AbortController()
  const last = seen.at(-1)
  const answer = await call(house, 'GET', `/sessions/${session}/events`, {
    headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': String(last) }) },
    signal: hangUp.signal,
  })
  if (answer.status === 204 || !answer.body) return false
  let text = ''
  let read = 0
  try {
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      text += piece
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const id = /^id: (\d+)$/m.exec(block)?.[1]
        if (id === undefined) continue
        seen.push(Number(id))
        read += 1
        if (read === count) return true
      }
    }
    return false
  } finally {
    hangUp.abort()
  }
}
