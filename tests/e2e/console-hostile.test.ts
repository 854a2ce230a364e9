import { approvalPageSchema } from '@signalbox/contracts'
import { eventually, freePorts } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask } from './ask.ts'
import { findBarriers, keepScreenshot, type Page, type Visitor } from './browser.ts'
import { call, openAdmin, openConsoleHouse, type ConsoleHouse } from './console-house.ts'
import { startHostileAgent, TOKENS, WIDE, type HostileAgent } from './hostile-agent.ts'

/* An agent that means ill writes markup, links, and characters that are not seen, wherever its words are shown. */

/** As its name becomes an id. */
const EVE = 'eve-img-src-x-onerror-owned-1-gpj-exe-31m'

let agent: HostileAgent
let house: ConsoleHouse
let admin: Visitor
let page: Page

beforeAll(async () => {
  const [port = 0] = await freePorts(1)
  agent = await startHostileAgent(port)
  house = await openConsoleHouse({ agentUrls: [agent.url] })
  admin = await openAdmin(house)
  page = admin.page
})

afterAll(async () => {
  await admin?.[Symbol.asyncDispose]()
  await house?.[Symbol.asyncDispose]()
  await agent?.[Symbol.asyncDispose]()
})

test('what it asks for is shown as it is: nothing of it runs, nothing is fetched, and what hides is named', async () => {
  void beg('wave')
  const asked = await eventually('what Eve asks for', async () => {
    const { data } = approvalPageSchema.parse(await (await call(house, 'GET', '/approvals?status=pending')).json())
    return data[0]
  })
  await page.goto('/console/approvals')
  await page.getByRole('link', { name: /title/ }).first().waitFor()
  await expectHarmless('hostile-inbox')
  await page.goto(`/console/approvals/${asked.id}`)
  await page.getByRole('heading', { name: 'What will run' }).waitFor()
  await expectHarmless('hostile-approval')
  await expectRoomForValues()
  await page.goto(`/console/sessions/${asked.session_id}?node=${asked.node}`)
  await page.getByRole('region', { name: /^Node / }).waitFor()
  await expectHarmless('hostile-session-waits')
  const decided = await call(house, 'POST', `/approvals/${asked.id}/decision`, {
    body: { decision: 'approve' },
    headers: { 'if-match': `"${asked.version}"` },
  })
  expect(decided.status).toBe(200)
  await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor({ timeout: 30_000 })
  await expectHarmless('hostile-session-answered')
  await page.getByRole('tab', { name: 'Table' }).click()
  await page.getByRole('region', { name: 'Nodes' }).waitFor()
  await expectHarmless('hostile-table')
  await page.goto(`/console/sessions/${asked.session_id}?tab=events`)
  await page.getByRole('region', { name: 'Events' }).getByRole('listitem').first().waitFor()
  await expectHarmless('hostile-events')
  await page.goto('/console/audit')
  await page
    .getByRole('cell', { name: /^approval decided/ })
    .first()
    .waitFor()
  await expectHarmless('hostile-audit')
})

test('its card, its question and its fault are shown as they are too', async () => {
  await page.goto('/console/agents')
  await page.getByText(EVE).first().waitFor()
  await expectHarmless('hostile-agents')

  void beg('answer a question')
  const asking = await sessionThatIs('waiting_input')
  await page.goto(`/console/sessions/${asking}`)
  await page.getByText('question').first().waitFor()
  await expectHarmless('hostile-question')

  void beg('fail')
  const failed = await sessionThatIs('failed')
  await page.goto(`/console/sessions/${failed}`)
  await page.getByText('error').first().waitFor()
  await expectHarmless('hostile-failed')
  await page.goto(`/console/dead-letters?id=${failed}`)
  await page
    .getByRole('button', { name: /Redrive/ })
    .first()
    .waitFor()
  await expectHarmless('hostile-dead-letter')
})

function beg(what: string): Promise<unknown> {
  return ask(house.signalbox.client, `Ask ${EVE} to ${what}.`, { model: 'signalbox-orchestrated' }).catch(() => undefined)
}

function sessionThatIs(status: string): Promise<string> {
  return eventually(
    `a session that is ${status}`,
    async () => {
      const { data } = (await (await call(house, 'GET', `/sessions?status=${status}`)).json()) as { data: { id: string }[] }
      return data[0]?.id
    },
    30_000,
  )
}

/** Beside a key as long as a page its value is still read in lines; on a phone it stands below. */
async function expectRoomForValues(): Promise<void> {
  const size = page.viewportSize() ?? { width: 1_280, height: 800 }
  const boxOf = async (selector: string, hasText: string) =>
    (await page.locator(selector, { hasText }).last().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const [key, value] = [await boxOf('main li > span', WIDE.key), await boxOf('main li > div', WIDE.value)]
  expect(value.width).toBeGreaterThan(key.width)
  await page.setViewportSize({ width: 390, height: 844 })
  const [keyAbove, below] = [await boxOf('main li > span', WIDE.key), await boxOf('main li > div', WIDE.value)]
  expect(below.width).toBeGreaterThan(220)
  expect(below.y).toBeGreaterThanOrEqual(keyAbove.y + keyAbove.height - 1)
  await keepScreenshot(page, 'hostile-approval-phone')
  await page.setViewportSize(size)
}

/** Nothing ran, nothing was fetched from elsewhere, no link leads where scripts run, and what hides stands there by name. */
async function expectHarmless(name: string): Promise<void> {
  await keepScreenshot(page, name)
  expect(await findBarriers(page)).toEqual([])
  expect(admin.faults()).toEqual([])
  expect(await page.evaluate("'owned' in window")).toBe(false)
  expect(await page.evaluate('({}).owned')).toBeUndefined()
  const found = await page.evaluate<string[]>(
    `[...document.querySelectorAll('main script, main img, main iframe, main [onerror], main a[href^="javascript"], main a[href*="evil.example"]:not([rel~="noopener"][rel~="nofollow"])')].map((element) => element.outerHTML.slice(0, 200))`,
  )
  expect(found).toEqual([])
  const text = await page.locator('main').innerText()
  expect(text).toContain('<img src=x onerror=owned=1>')
  for (const token of TOKENS) expect(text).toContain(token)
  expect(/.*[\u202E\u001B\u200B].*/.exec(text)?.[0]).toBeUndefined()
}
