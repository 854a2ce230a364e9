import { temporaryFolder } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launchBrowser, lookAround, openVisitor, signIn, type Browser } from './browser.ts'
import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

/* The console, in a real browser, as somebody sees it who has just started Signalbox. */

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let signalbox: SignalboxProcess
let browser: Browser

beforeAll(async () => {
  folder = await temporaryFolder()
  ;[signalbox, browser] = await Promise.all([startSignalbox({ dataDir: folder.path }), launchBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await signalbox?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('who comes to the console signs in with the password that was printed, and is let in', async () => {
  await using visitor = await openVisitor(browser, { baseUrl: signalbox.origin })
  const { page } = visitor
  await page.goto('/console/')
  await page.getByRole('heading', { name: 'Signalbox' }).waitFor()
  expect(await lookAround(page, 'sign-in')).toEqual([])
  await signIn(page, { password: signalbox.consolePassword })
  await page.getByRole('main').waitFor()
  expect(visitor.faults()).toEqual([])
})

test('a wrong password lets nobody in, and says so', async () => {
  await using visitor = await openVisitor(browser, { baseUrl: signalbox.origin })
  const { page } = visitor
  await page.goto('/console/')
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByRole('navigation', { name: 'Pages' }).count()).toBe(0)
})
