import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

import type { Approval, SessionBriefPage } from '@signalbox/contracts'
import { eventually, freePorts } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask } from './ask.ts'
import { keepScreenshot, lookAround, type Page, type Visitor } from './browser.ts'
import { approvalOf, askFor, call, openAdmin, openConsoleHouse, sessionThat, type ConsoleHouse } from './console-house.ts'

/* Every page of the console, from the first look to a session of two hundred nodes. What is told builds on what was told before. */

const HARD = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'

/** Ids of what there is to be seen. */
interface Furniture {
  high: Approval
  edited: string
  decided: string
  failed: string
  asking: string
}

let house: ConsoleHouse
let furniture: Furniture
let admin: Visitor
let page: Page

beforeAll(async () => {
  const [nobody = 0] = await freePorts(1)
  house = await openConsoleHouse({
    agentUrls: [`http://127.0.0.1:${nobody}`],
    environment: { SAMPLE_KNOWLEDGE: 'true' },
    policies: `
version: 1
policies:
  - { id: two-for-a-launch, match: { type: launch }, quorum: 2, why: 'A launch is announced.' }
channels:
  - { id: team, type: slack, url: 'http://127.0.0.1:${nobody}/hook' }
`,
  })
  admin = await openAdmin(house)
  page = admin.page
})

afterAll(async () => {
  await admin?.[Symbol.asyncDispose]()
  await house?.[Symbol.asyncDispose]()
})

test('the first page shows a request to copy, and turns live when it arrives', async () => {
  await page.getByText('Waiting for your first request').waitFor()
  const code = await page.getByLabel('Code: curl').innerText()
  expect(await lookAround(page, 'first-run')).toEqual([])
  const said = run(code)
  await page.getByText('It arrived.').waitFor()
  expect(await lookAround(page, 'first-run-arrived')).toEqual([])
  await page.getByRole('link', { name: 'Watch it work' }).click()
  await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor()
  expect(await said).toContain('data: [DONE]')
  expect(admin.faults()).toEqual([])
})

test('the playground answers with sources, says which way the question took, and gives the code for it', async () => {
  await page.goto('/console/playground')
  expect(await lookAround(page, 'playground')).toEqual([])
  await page.getByPlaceholder('Ask something').fill(HARD)
  await page.keyboard.press('Enter')
  await page.getByText('orchestrated', { exact: true }).waitFor()
  const sources = page.getByRole('list', { name: 'Sources' })
  await sources.waitFor({ timeout: 30_000 })
  expect(await sources.getByRole('listitem').count()).toBeGreaterThan(1)
  await page
    .getByRole('link', { name: /^Source 1: / })
    .first()
    .click()
  expect(await lookAround(page, 'playground-answered')).toEqual([])
  await page.getByRole('button', { name: 'Code' }).click()
  await page.getByLabel('Code: curl').waitFor()
  expect(await lookAround(page, 'playground-code')).toEqual([])
  expect(admin.faults()).toEqual([])
})

test('there is something of everything: what waits, what was decided, what failed, and what somebody is asked', async () => {
  furniture = await furnish()
})

test.each<[name: string, path: (of: Furniture) => string, ready: () => Promise<void>]>([
  ['approvals', () => '/approvals', () => heading('Approvals')],
  ['approvals-nothing-found', () => '/approvals?q=nothing-of-the-kind', () => words('Nothing found')],
  ['approvals-history', () => '/approvals?status=history', () => words('Deploy build 73')],
  ['approval', ({ high }) => `/approvals/${high.id}`, () => heading('Roll the release out to every customer')],
  ['approval-edited', ({ edited }) => `/approvals/${edited}`, () => heading('Launch the campaign')],
  ['approval-decided', ({ decided }) => `/approvals/${decided}`, () => words('Not on a Friday.')],
  ['approval-not-there', () => '/approvals/apr_00000000000000000000000000', () => words('There is no such approval')],
  ['sessions', () => '/sessions', () => heading('Sessions')],
  ['session-graph', ({ high }) => `/sessions/${high.session_id}`, () => page.locator('.react-flow__node').first().waitFor()],
  ['session-table', ({ high }) => `/sessions/${high.session_id}?tab=table`, () => page.getByRole('region', { name: 'Nodes' }).waitFor()],
  ['session-timeline', ({ high }) => `/sessions/${high.session_id}?tab=timeline`, () => page.getByRole('tabpanel', { name: 'Timeline' }).waitFor()],
  [
    'session-events',
    ({ high }) => `/sessions/${high.session_id}?tab=events`,
    () => page.getByRole('region', { name: 'Events' }).getByRole('listitem').first().waitFor(),
  ],
  ['session-node', ({ high }) => `/sessions/${high.session_id}?node=${high.node}`, () => page.getByRole('region', { name: /^Node / }).waitFor()],
  ['session-question', ({ asking }) => `/sessions/${asking}`, () => words('Which region?')],
  ['session-failed', ({ failed }) => `/sessions/${failed}`, () => words('budget of 300 tokens')],
  ['agents', () => '/agents', () => words('not reached')],
  ['dead-letters', () => '/dead-letters', () => words('the Gettysburg Address')],
  [
    'dead-letter',
    ({ failed }) => `/dead-letters?id=${failed}`,
    () =>
      page
        .getByRole('button', { name: /Redrive/ })
        .first()
        .waitFor(),
  ],
  [
    'audit',
    () => '/audit',
    () =>
      page
        .getByRole('cell', { name: /^approval decided/ })
        .first()
        .waitFor(),
  ],
  ['settings-channels', () => '/settings', () => words('team')],
  ['settings-people', () => '/settings?tab=users', () => page.getByRole('button', { name: 'Add' }).waitFor()],
  ['settings-browser', () => '/settings?tab=preferences', () => words('Single letters are commands')],
  ['nowhere', () => '/nowhere', () => words('There is no such page.')],
])('the page %s is whole in light and dark, on a desktop and on a phone', async (name, path, ready) => {
  await page.goto(`/console${path(furniture)}`)
  await ready()
  expect(await lookAround(page, name)).toEqual([])
  expect(admin.faults()).toEqual([])
})

test.each([
  ['approving', 'a'],
  ['rejecting', 'r'],
  ['editing', 'e'],
])('%s is whole in light and dark, on a desktop and on a phone', async (name, key) => {
  const decide = page.getByRole('region', { name: 'Decide' })
  await page.goto(`/console/approvals/${furniture.high.id}`)
  await decide.getByRole('button', { name: /^Reject/ }).waitFor()
  await page.keyboard.press(key)
  await decide.getByRole('button', { name: 'Cancel' }).waitFor()
  expect(await lookAround(page, `approval-${name}`)).toEqual([])
})

test('what opens over a page is whole too: the keys, and the password of somebody who is added', async () => {
  await page.goto('/console/approvals')
  await heading('Approvals')
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  expect(await lookAround(page, 'keys')).toEqual([])
  await page.goto('/console/settings?tab=users')
  await page.getByLabel('Name', { exact: true }).fill('grace')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByRole('dialog', { name: 'The password of grace' }).waitFor()
  expect(await lookAround(page, 'settings-password')).toEqual([])
  expect(admin.faults()).toEqual([])
})

test('two hundred nodes are drawn soon, and the table says the same as the picture', async () => {
  const goal = `Ask mock-search for prices [list ${BRANCHES}], and for each item ask mock-search to weigh it.`
  await ask(house.signalbox.client, goal, { model: 'signalbox-orchestrated' })
  const { data } = (await (await call(house, 'GET', '/sessions?status=completed')).json()) as SessionBriefPage
  const session = data.find((brief) => brief.goal === goal)?.id
  await page.goto(`/console/sessions/${session}`)
  await page.getByRole('button', { name: `Show all ${BRANCHES} branches` }).waitFor()
  const slowness = Math.max(1, (await page.evaluate<number>(REFERENCE_MS)) / REFERENCE_IS_MS)
  const tookMs = await page.evaluate<number>(DRAW_ALL)
  expect(tookMs / slowness).toBeLessThan(1_500)
  await keepScreenshot(page, 'session-two-hundred')

  const drawn = await page.evaluate<string[]>(labelsOf('.react-flow__node-box'))
  await page.getByRole('tab', { name: 'Table' }).click()
  await page.getByRole('region', { name: 'Nodes' }).waitFor()
  const told = await page.evaluate<string[]>(labelsOf('[aria-label="Nodes"] th[scope="row"] button'))
  expect(drawn.length).toBeGreaterThan(BRANCHES)
  expect(drawn.toSorted()).toEqual(told.toSorted())
})

function heading(name: string): Promise<void> {
  return page.getByRole('heading', { name, exact: true }).waitFor()
}

function words(said: string): Promise<void> {
  return page.getByText(said).first().waitFor()
}

async function furnish(): Promise<Furniture> {
  const details = {
    why: 'The release notes are out, and support has been told.',
    impact: 'Every customer sees build 71 within ten minutes.',
    tool: 'kubectl rollout',
    side_effects: ['restarts 14 services', 'sends a mail to 3 200 people'],
    reversible: false,
    secrets: ['/credentials/password'],
  }
  const args = {
    build: 71,
    env: 'production',
    regions: ['eu-west-1', 'us-east-1'],
    credentials: { user: 'deploy', password: 'correct horse' },
    dry_run: false,
    note: null,
  }
  void askFor(house, { title: 'Roll the release out to every customer', risk: 'high', args, ...details }, ', then ask mock-search to check it')
  void askFor(house, { type: 'launch', title: 'Launch the campaign', risk: 'medium', args: { audience: 'everybody', budget: 900 } })
  void askFor(house, { type: 'mail', title: 'Send the newsletter', risk: 'low', args: { to: 'team' } })
  void askFor(house, { type: 'mail', title: 'Send the minutes', risk: 'low', args: { to: 'board' } })
  const rejected = askFor(house, { title: 'Deploy build 73', args: { build: 73 } }, ', then ask mock-search to check it')
  const launch = await approvalOf(house, 'Launch the campaign')
  await decide(launch, { decision: 'edit', edited_args: { audience: 'friends', budget: 900 }, reason: 'Friends first.' })
  const friday = await approvalOf(house, 'Deploy build 73')
  await decide(friday, { decision: 'reject', reason: 'Not on a Friday.' })
  await rejected
  const failed = await ask(house.signalbox.client, HARD, { headers: { 'x-signalbox-budget-tokens': '300' } }).catch(() => undefined)
  expect(failed).toBeUndefined()
  const dead = (await (await call(house, 'GET', '/dead-letters')).json()) as { data: { session_id: string }[] }
  const high = await approvalOf(house, 'Roll the release out to every customer')
  await approvalOf(house, 'Send the newsletter')
  await approvalOf(house, 'Send the minutes')
  ask(house.signalbox.client, 'Ask mock-search to book it [question Which region?].', { model: 'signalbox-orchestrated' }).catch(() => undefined)
  const asking = await eventually('a session that asks', async () => {
    const { data } = (await (await call(house, 'GET', '/sessions?status=waiting_input')).json()) as { data: { id: string }[] }
    return data[0]?.id
  })
  await sessionThat(house, high.session_id, 'waiting_approval')
  return { high, edited: launch.id, decided: friday.id, failed: dead.data[0]?.session_id ?? '', asking }
}

async function decide({ id, version }: { id: string; version: number }, body: object): Promise<void> {
  const answer = await call(house, 'POST', `/approvals/${id}/decision`, { body, headers: { 'if-match': `"${version}"` } })
  expect(answer.status).toBe(200)
}

/** Runs what was copied, as whoever copied it does. */
async function run(code: string): Promise<string> {
  const shell = spawn('bash', ['-c', code], { env: { ...process.env, SIGNALBOX_API_KEY: house.signalbox.apiKey }, stdio: ['ignore', 'pipe', 'ignore'] })
  const [said] = await Promise.all([text(shell.stdout), once(shell, 'exit')])
  return said
}

const BRANCHES = 196

function labelsOf(selector: string): string {
  return `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.getAttribute('aria-label') ?? '')`
}

/** From the click to all boxes being there, milliseconds, by the page's own clock. */
const DRAW_ALL = `new Promise((resolve) => {
  const button = [...document.querySelectorAll('button')].find((each) => /^Show all .* branches$/.test(each.textContent))
  const begun = performance.now()
  const look = () => document.querySelectorAll('.react-flow__node-box').length >= ${BRANCHES} ? requestAnimationFrame(() => resolve(performance.now() - begun)) : requestAnimationFrame(look)
  button.click()
  look()
})`

/** What a fixed piece of work takes now, and what it takes where nothing else runs: a machine that is busy is not to be blamed on the page. */
const REFERENCE_MS = `(() => {
  const begun = performance.now()
  for (let round = 0; round < 6; round += 1) Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 100_003).sort((a, b) => a - b)
  return performance.now() - begun
})()`
const REFERENCE_IS_MS = 120
