import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { AxeResults } from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

export type { Browser, BrowserContext, Page } from 'playwright-core'

/** What a page is looked at with. */
export interface Look {
  theme: 'light' | 'dark'
  size: 'desktop' | 'phone'
}

export const LOOKS: readonly Look[] = [
  { theme: 'light', size: 'desktop' },
  { theme: 'dark', size: 'desktop' },
  { theme: 'light', size: 'phone' },
  { theme: 'dark', size: 'phone' },
]

const SIZES = { desktop: { width: 1_280, height: 800 }, phone: { width: 390, height: 844 } } as const satisfies Record<Look['size'], object>

/** Where pictures of pages go: beside the tests, or to what a CI run keeps. */
const SCREENSHOTS = process.env['CI_ARTEFACTS_DIR']
  ? join(process.env['CI_ARTEFACTS_DIR'], 'screenshots')
  : fileURLToPath(new URL('.screenshots', import.meta.url))
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const ACTION_MS = 15_000
const LONGEST_PX = 4_000

/** The system's Chromium, without a window. @throws Error where there is none, saying what to do. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['TEST_CHROMIUM'] || '/usr/bin/chromium'
  if (!existsSync(executablePath))
    throw new Error(`There is no Chromium at ${executablePath}. Install one (apt-get install chromium), or name it in TEST_CHROMIUM.`)
  // Without a user namespace of its own, as in a container, its sandbox does not start.
  return chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 60_000 })
}

export interface Visitor extends AsyncDisposable {
  page: Page
  context: BrowserContext
  /**
   * What went wrong on its pages so far and a person may not have noticed: errors that nobody caught, what the
   * console complains of, what a policy blocked, and requests that went to anybody but the server.
   */
  faults(): string[]
}

/** A person with a browser profile of their own: cookies and storage are shared by their tabs, and by nobody else. */
export async function openVisitor(browser: Browser, options: { baseUrl: string; look?: Look }): Promise<Visitor> {
  const { theme, size } = options.look ?? { theme: 'light', size: 'desktop' }
  const context = await browser.newContext({
    baseURL: options.baseUrl,
    viewport: SIZES[size],
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  context.setDefaultTimeout(ACTION_MS)
  const faults: string[] = []
  const ours = new URL(options.baseUrl).origin
  context.on('weberror', (error) => faults.push(`uncaught: ${error.error().message}`))
  context.on('console', (message) => {
    // A refused call shows as that too, and is looked at by the page itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(`console: ${message.text()}`)
  })
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (/^https?:$/.test(protocol) && origin !== ours) faults.push(`request to ${origin}`)
  })
  return { page: await context.newPage(), context, faults: () => [...faults], [Symbol.asyncDispose]: () => context.close() }
}

/** Signs in at the console, and waits until its pages are there. */
export async function signIn(page: Page, { user = 'admin', password }: { user?: string; password: string }): Promise<void> {
  await page.goto('/console/')
  await page.getByLabel('User', { exact: true }).fill(user)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Pages' }).first().waitFor({ state: 'attached' })
}

// What runs in the page is text: these tests have no types of a browser's.

/** Keeps a picture of the page under this name: the whole of it, or its top where it is longer than anybody looks at. */
export async function keepScreenshot(page: Page, name: string): Promise<string> {
  await mkdir(SCREENSHOTS, { recursive: true })
  const path = join(SCREENSHOTS, `${name}.png`)
  const height = await page.evaluate<number>('window.scrollTo(0, 0), document.documentElement.scrollHeight')
  await page.screenshot({ path, fullPage: height <= LONGEST_PX, animations: 'disabled' })
  return path
}

/** Of what axe looks at: all, only whether colours can be told apart, or all but that. */
type Concern = 'all' | 'colours' | 'all but colours'

const CONCERNS = {
  'all': {},
  'colours': { runOnly: { type: 'rule', values: ['color-contrast'] } },
  'all but colours': { rules: { 'color-contrast': { enabled: false } } },
} as const satisfies Record<Concern, object>

/** What keeps people from using the page as it is now: axe's findings that are serious or critical, a line each. */
export async function findBarriers(page: Page, concern: Concern = 'all'): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(await readFile(AXE, 'utf8'))
  const options = JSON.stringify({ resultTypes: ['violations'], ...CONCERNS[concern] })
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${options})`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, help, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => `${impact} ${id} at ${target.join(' ')}: ${help}. ${failureSummary.replaceAll(/\s+/g, ' ')}`),
    )
}

/** Colours are the theme's, and all else is the size's: between them the four looks leave nothing out, and nothing is looked at four times. */
function toConcern({ theme, size }: Look): Concern {
  if (theme === 'light') return size === 'desktop' ? 'all' : 'all but colours'
  return size === 'desktop' ? 'colours' : 'all'
}

/**
 * Looks at the page as it is now in light and dark, on a desktop and on a phone: keeps a picture of each
 * (`name-light-desktop.png`), and answers what is wrong: barriers, and what is wider than the screen. The page is left
 * as it was.
 */
export async function lookAround(page: Page, name: string): Promise<string[]> {
  const before = { size: page.viewportSize(), theme: await themeOf(page) }
  const wrong: string[] = []
  for (const look of LOOKS) {
    const label = `${name}-${look.theme}-${look.size}`
    await takeLook(page, look)
    await keepScreenshot(page, label)
    wrong.push(...[...(await findBarriers(page, toConcern(look))), ...(await findOverflow(page))].map((fault) => `${label}: ${fault}`))
  }
  if (before.size) await page.setViewportSize(before.size)
  await page.emulateMedia({ colorScheme: before.theme })
  return wrong
}

async function takeLook(page: Page, { theme, size }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
  await page.setViewportSize(SIZES[size])
  // Two frames: one in which the page hears of it, one in which it is drawn.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))')
}

async function themeOf(page: Page): Promise<Look['theme']> {
  return (await page.evaluate<boolean>("matchMedia('(prefers-color-scheme: dark)').matches")) ? 'dark' : 'light'
}

/** A page that can be pushed sideways is not made for its screen. */
async function findOverflow(page: Page): Promise<string[]> {
  const [wide = 0, screen = 0] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')
  return wide > screen + 1 ? [`the page is ${wide} px wide, and the screen ${screen} px`] : []
}
