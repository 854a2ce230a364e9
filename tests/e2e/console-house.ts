import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  approvalDetailSchema,
  approvalPageSchema,
  sessionDetailSchema,
  sessionEventPageSchema,
  type Approval,
  type SessionDetail,
  type SessionEvent,
} from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'

import { ask, type Answer } from './ask.ts'
import { launchBrowser, openVisitor, signIn, type Browser, type Look, type Visitor } from './browser.ts'
import { startMockAgent, type MockAgentProcess } from './mock-agent-process.ts'
import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

const TOKEN = 'e2e-service-token-0123456789'
const CALL_MS = 30_000

/** A whole Signalbox with an agent that asks people, and a browser to look at it with. */
export interface ConsoleHouse extends AsyncDisposable {
  readonly signalbox: SignalboxProcess
  readonly agent: MockAgentProcess
  readonly browser: Browser
  /** Kills it without a word, and starts it again where it was. */
  crashAndRestart(): Promise<void>
}

export interface HouseOptions {
  /** The policies file, as it is laid into the data folder. */
  policies?: string
  environment?: Record<string, string>
  /** Agents beside the one that asks. */
  agentUrls?: readonly string[]
}

export async function openConsoleHouse({ policies, environment, agentUrls = [] }: HouseOptions = {}): Promise<ConsoleHouse> {
  const opened = new AsyncDisposableStack()
  try {
    const folder = opened.use(await temporaryFolder())
    if (policies !== undefined) await writeFile(join(folder.path, 'approvals.yaml'), policies)
    const [agent, browser] = await Promise.all([startMockAgent(TOKEN), launchBrowser()])
    opened.use(agent)
    opened.defer(() => browser.close())
    const start = (ports?: number[]): Promise<SignalboxProcess> =>
      startSignalbox({
        dataDir: folder.path,
        ...(ports && { ports }),
        environment: {
          SERVICE_TOKEN: TOKEN,
          AGENT_URLS: [agent.url, ...agentUrls].join(),
          AGENT_REFRESH_S: '0.5',
          SAMPLE_KNOWLEDGE: 'false',
          CONSOLE_ADMIN_PASSWORD: 'a password for tests',
          ...environment,
        },
      })
    let signalbox = await start()
    opened.defer(async () => void (await signalbox.stop('SIGKILL')))
    return {
      agent,
      browser,
      get signalbox() {
        return signalbox
      },
      async crashAndRestart() {
        await signalbox.stop('SIGKILL')
        signalbox = await start(signalbox.ports)
      },
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    }
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

/** Somebody who is signed in as the console's admin. */
export async function openAdmin({ browser, signalbox }: ConsoleHouse, look?: Look): Promise<Visitor> {
  const visitor = await openVisitor(browser, { baseUrl: signalbox.origin, ...(look && { look }) })
  await signIn(visitor.page, { password: signalbox.consolePassword })
  return visitor
}

/** What the agent of the house is to ask for; see the words of the mock agents. */
export interface Wanted {
  type?: string
  title: string
  args?: unknown
  risk?: 'low' | 'medium' | 'high' | 'critical'
  why?: string
  impact?: string
  tool?: string
  side_effects?: string[]
  reversible?: boolean
  secrets?: string[]
}

/** A request of a caller who holds the line, for work that the agent wants a person's word for. `more` goes on after it. */
export function askFor({ signalbox }: ConsoleHouse, wanted: Wanted, more = ''): Promise<Answer> {
  const answer = ask(signalbox.client, `Ask mock-search to see to it [ask ${JSON.stringify({ type: 'deploy', args: {}, ...wanted })}]${more}.`, {
    model: 'signalbox-orchestrated',
  })
  // Whoever waits for it hears of its fault; where a story ends before, that is the story's fault and not another one.
  answer.catch(() => undefined)
  return answer
}

/** The approval of this title, once it is in the ledger. */
export function approvalOf(house: ConsoleHouse, title: string, status = 'pending'): Promise<Approval> {
  return eventually(
    `the approval “${title}”`,
    async () => {
      const page = approvalPageSchema.parse(await (await call(house, 'GET', `/approvals?status=${status}&limit=100`)).json())
      return page.data.find(({ action }) => action.title === title)
    },
    20_000,
  )
}

/** The approval as it stands. */
export async function standing(house: ConsoleHouse, { id }: Pick<Approval, 'id'>): Promise<Approval> {
  return approvalDetailSchema.parse(await (await call(house, 'GET', `/approvals/${id}`)).json()).approval
}

export async function sessionOf(house: ConsoleHouse, id: string): Promise<SessionDetail> {
  return sessionDetailSchema.parse(await (await call(house, 'GET', `/sessions/${id}`)).json())
}

/** The session once it has come to this. */
export function sessionThat(house: ConsoleHouse, id: string, status: SessionDetail['session']['status']): Promise<SessionDetail> {
  return eventually(
    `the session being ${status}`,
    async () => {
      const detail = await sessionOf(house, id)
      return detail.session.status === status && detail
    },
    30_000,
  )
}

/** All that the session did so far. */
export async function eventsOf(house: ConsoleHouse, session: string): Promise<SessionEvent[]> {
  const text = await (await call(house, 'GET', `/sessions/${session}/events`, { headers: { accept: 'text/event-stream' } })).text()
  const data = text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as unknown] : []))
  return sessionEventPageSchema.shape.data.parse(data)
}

/** Asks the public API with the operator's key. */
export function call(
  { signalbox }: ConsoleHouse,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, headers = {}, signal = AbortSignal.timeout(CALL_MS) }: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${signalbox.baseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${signalbox.operatorKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal,
  })
}
