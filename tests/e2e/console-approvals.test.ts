import { afterAll, beforeAll, expect, test } from 'vitest'

import { ask } from './ask.ts'
import { keepScreenshot, type Page } from './browser.ts'
import { approvalOf, askFor, call, openAdmin, openConsoleHouse, sessionThat, standing, type ConsoleHouse } from './console-house.ts'

/* People decide in the console what a session may do, while whoever asked for it holds the line. */

const POLICIES = `
version: 1
policies:
  - { id: two-for-a-launch, match: { type: launch }, quorum: 2 }
  - { id: soon-over, match: { type: hurry }, deadline: 5s }
`

let house: ConsoleHouse

beforeAll(async () => {
  house = await openConsoleHouse({ policies: POLICIES })
})

afterAll(() => house?.[Symbol.asyncDispose]())

test('a held stream goes on when somebody approves in the console, and an approval shows there by itself', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  await page.goto('/console/approvals')
  await page.getByText('Nothing waits for you').waitFor()
  const marks: string[] = []
  const answer = ask(
    house.signalbox.client,
    `Ask mock-search to roll it out [ask {"type":"deploy","title":"Deploy build 41","args":{"build":41,"env":"prod"}}].`,
    {
      model: 'signalbox-orchestrated',
      onChunk: ({ choices: [choice] }) => {
        if (choice?.delta.content) marks.push('content')
      },
    },
  )
  await row(page, 'Deploy build 41').click()
  expect(await page.title()).toMatch(/^\(1\) /)
  await page.getByRole('heading', { name: 'What will run' }).waitFor()
  expect(await page.getByText('is what you see').isVisible()).toBe(true)
  expect(await house.agent.done()).toEqual({})
  expect(marks).toEqual([])

  await button(page, 'Approve').click()
  const { content, finishReason, progress } = await answer
  expect(content).toContain('deploy ran with {"build":41,"env":"prod"}')
  expect(finishReason).toBe('stop')
  expect(progress.join('\n')).toContain(`${house.signalbox.origin}/console/approvals/apr_`)
  expect(await house.agent.done()).toEqual({ 'deploy {"build":41,"env":"prod"}': 1 })
  expect(visitor.faults()).toEqual([])
})

test('an approval can be taken back for a moment: nothing was sent', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  const answer = askFor(house, { title: 'Deploy build 42', args: { build: 42 } })
  await row(page, 'Deploy build 42').click()
  await button(page, 'Approve').click()
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await page.getByText('Taken back: nothing was approved.').waitFor()
  const approval = await approvalOf(house, 'Deploy build 42')
  expect(approval).toMatchObject({ state: 'pending', decisions: [] })
  await page.goto(`/console/approvals/${approval.id}`)
  await reject(page, 'It was only a test.')
  expect((await answer).content).toContain('It was only a test.')
})

test('of two tabs that decide at once one wins, and the other is shown the decision that stands', async () => {
  await using visitor = await openAdmin(house)
  const answer = askFor(house, { title: 'Deploy build 43', args: { build: 43 }, risk: 'high' })
  const approval = await approvalOf(house, 'Deploy build 43')
  const tabs = [visitor.page, await visitor.context.newPage()] as const
  // Both have said what they want before either is heard.
  const both = meetingOf(2)
  for (const tab of tabs) {
    await tab.route('**/decision', async (route) => {
      await both()
      await route.continue()
    })
    await tab.goto(`/console/approvals/${approval.id}`)
  }
  const [approving, rejecting] = tabs
  await button(approving, 'Approve').click()
  await approving.getByLabel('Write deploy to approve').fill('deploy')
  await button(rejecting, 'Reject').click()
  await rejecting.getByLabel('Why not?').fill('Not today.')
  await Promise.all([button(approving, 'Approve').click(), button(rejecting, 'Reject').click()])

  const { content } = await answer
  const { state, decisions } = await standing(house, approval)
  expect(decisions).toHaveLength(1)
  expect(content).toContain(state === 'approved' ? 'deploy ran with {"build":43}' : 'Not today.')
  expect(await house.agent.done()).toMatchObject(state === 'approved' ? { 'deploy {"build":43}': 1 } : {})
  const loser = state === 'approved' ? rejecting : approving
  await loser.getByRole('alert').filter({ hasText: 'Your decision came too late' }).waitFor()
  for (const tab of tabs) {
    await tab.goto(`/console/approvals/${approval.id}`)
    await outcome(tab, state === 'approved' ? 'Approved' : 'Rejected').waitFor()
  }
  expect(visitor.faults()).toEqual([])
})

test('after an edit, shown as what it changes, the changed bytes run and those that were asked for do not', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  const answer = askFor(house, { title: 'Deploy build 44', args: { build: 44, env: 'prod', regions: ['eu', 'us'] } })
  const approval = await approvalOf(house, 'Deploy build 44')
  await page.goto(`/console/approvals/${approval.id}`)
  await button(page, 'Edit').click()
  const text = page.getByLabel('Arguments as JSON')
  await text.fill('{"build": 44, "env": "staging", ')
  await page.getByRole('region', { name: 'Decide' }).getByRole('button', { name: 'Review changes', disabled: true }).waitFor()
  await text.fill('{"regions": ["eu"], "build": 44, "env": "staging"}')
  await page.getByRole('button', { name: 'Review changes' }).click()
  const changes = page.getByRole('region', { name: 'What will run' })
  await changes
    .getByRole('listitem')
    .filter({ hasText: 'changed' })
    .filter({ hasText: 'env' })
    .filter({ hasText: 'prod' })
    .filter({ hasText: 'staging' })
    .waitFor()
  await changes.getByRole('listitem').filter({ hasText: 'removed' }).filter({ hasText: 'us' }).waitFor()
  expect(await changes.getByText('44').count()).toBe(0)
  await keepScreenshot(page, 'approval-review-of-an-edit')
  await page.getByRole('button', { name: 'Approve as changed' }).click()

  const { content } = await answer
  expect(content).toContain('deploy ran with {"build":44,"env":"staging","regions":["eu"]} instead of {"build":44,"env":"prod","regions":["eu","us"]}')
  const done = await house.agent.done()
  expect(done).toMatchObject({ 'deploy {"build":44,"env":"staging","regions":["eu"]}': 1 })
  expect(done).not.toHaveProperty(['deploy {"build":44,"env":"prod","regions":["eu","us"]}'])
  expect(visitor.faults()).toEqual([])
})

test('a decision on other bytes, or on an older version, than those that wait is refused', async () => {
  const answer = askFor(house, { title: 'Deploy build 45', args: { build: 45 } })
  const approval = await approvalOf(house, 'Deploy build 45')
  const decide = (version: number | undefined, body: object): Promise<Response> =>
    call(house, 'POST', `/approvals/${approval.id}/decision`, { body, ...(version !== undefined && { headers: { 'if-match': `"${version}"` } }) })
  expect((await decide(undefined, { decision: 'approve' })).status).toBe(428)
  for (const refused of [
    await decide(approval.version, { decision: 'approve', args_sha256: 'ab'.repeat(32) }),
    await decide(approval.version + 7, { decision: 'approve', args_sha256: approval.args_sha256 }),
  ]) {
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({ error: { code: 'conflict' } })
  }
  expect(await standing(house, approval)).toMatchObject({ state: 'pending', decisions: [] })
  expect((await decide(approval.version, { decision: 'approve', args_sha256: approval.args_sha256 })).status).toBe(200)
  expect((await answer).content).toContain('deploy ran with {"build":45}')
})

test('who looks while another edits decides on nothing before they have seen what would run now', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  const answer = askFor(house, { type: 'launch', title: 'Launch the rocket', args: { rocket: 'Ariane' } })
  const approval = await approvalOf(house, 'Launch the rocket')
  await page.goto(`/console/approvals/${approval.id}`)
  await button(page, 'Approve').waitFor()
  const edited = await call(house, 'POST', `/approvals/${approval.id}/decision`, {
    body: { decision: 'edit', edited_args: { rocket: 'Vega' } },
    headers: { 'if-match': `"${approval.version}"` },
  })
  expect(edited.status).toBe(200)
  await page.getByText('What would run was changed while you looked').waitFor()
  expect(await button(page, 'Approve').count()).toBe(0)
  await page.keyboard.press('a')
  await page.getByRole('button', { name: 'Show what would run now' }).click()
  await page.getByRole('region', { name: 'What will run' }).getByText('Vega').waitFor()
  expect((await standing(house, approval)).decisions).toHaveLength(1)
  await button(page, 'Approve').click()
  expect((await answer).content).toContain('launch ran with {"rocket":"Vega"} instead of {"rocket":"Ariane"}')
  expect(visitor.faults()).toEqual([])
})

test('what nobody decides in time is shown as expired, and the session goes on without it', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  const answer = askFor(house, { type: 'hurry', title: 'Hurry up', args: {} })
  const approval = await approvalOf(house, 'Hurry up')
  await page.goto(`/console/approvals/${approval.id}`)
  await button(page, 'Approve').waitFor()
  await outcome(page, 'Expired').waitFor()
  expect(await button(page, 'Approve').count()).toBe(0)
  expect((await answer).content).toContain('hurry was not done')
  await sessionThat(house, approval.session_id, 'completed')
  expect(await house.agent.done()).not.toHaveProperty(['hurry {}'])
  await page.goto('/console/approvals?status=expired')
  await row(page, 'Hurry up').waitFor()
})

test('a rejection and its reason change the plan, and the session’s page shows what was dropped', async () => {
  await using visitor = await openAdmin(house)
  const { page } = visitor
  const answer = askFor(house, { title: 'Deploy build 46', args: { build: 46 } }, ', then ask mock-search to check it')
  const approval = await approvalOf(house, 'Deploy build 46')
  await page.goto(`/console/approvals/${approval.id}`)
  await reject(page, 'Not on a Friday.')
  const { content, progress } = await answer
  expect(content).toContain('Not on a Friday.')
  expect(progress.join('\n')).toMatch(/Plan revised/)
  await page.goto(`/console/sessions/${approval.session_id}?tab=events`)
  await page
    .getByRole('region', { name: 'Events' })
    .getByText(/plan revised/i)
    .first()
    .waitFor()
  await page.getByText('Not on a Friday.').first().waitFor()
  expect(visitor.faults()).toEqual([])
})

function row(page: Page, title: string) {
  return page.getByRole('link', { name: title, exact: true })
}

/** In the bar at which it is decided. */
function button(page: Page, name: string) {
  return page.getByRole('region', { name: 'Decide' }).getByRole('button', { name: new RegExp(`^${name}\\b`) })
}

function outcome(page: Page, word: string) {
  return page.getByRole('status').filter({ hasText: new RegExp(`^${word}`) })
}

async function reject(page: Page, reason: string): Promise<void> {
  await button(page, 'Reject').click()
  await page.getByLabel('Why not?').fill(reason)
  await button(page, 'Reject').click()
}

/** Holds everybody back until so many have come. */
function meetingOf(count: number): () => Promise<void> {
  const all = Promise.withResolvers<void>()
  let come = 0
  return () => {
    come += 1
    if (come >= count) all.resolve()
    return all.promise
  }
}
