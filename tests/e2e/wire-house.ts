import type { ServerResponse } from 'node:http'

import { openScriptedLlm, scriptedLlmConfigSchema } from '@signalbox/mocks'
import { approvalPageSchema, type Approval } from '@signalbox/contracts'
import { listen } from '@signalbox/service-kit'
import { eventually, temporaryFolder, type UpstreamCall } from '@signalbox/testing'

import { startMockAgent, type MockAgentProcess } from './mock-agent-process.ts'
import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'
import { startWireModel, WIRE_MODEL, type WireModel } from './wire-model.ts'

const TOKEN = 'e2e-service-token-0123456789'
/** A question with this word has its answer cut off while it is written. */
export const CUT = 'cut-it-off'

/** A whole Signalbox before a model that speaks OpenAI's wire to the letter, with an agent that asks people. */
export interface WireHouse extends AsyncDisposable {
  readonly signalbox: SignalboxProcess
  readonly model: WireModel
  readonly agent: MockAgentProcess
  /** What each call of the model behind the agents took, in order. */
  readonly spent: readonly Spent[]
}

export interface Spent {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

export async function openWireHouse(environment: Record<string, string> = {}): Promise<WireHouse> {
  const opened = new AsyncDisposableStack()
  try {
    const folder = opened.use(await temporaryFolder())
    const scripted = await listen(await openScriptedLlm(scriptedLlmConfigSchema.parse({ LOG_LEVEL: 'silent', SCRIPTED_LLM_DELAY_MS: '0' })), {
      host: '127.0.0.1',
      port: 0,
      guarded: false,
    })
    opened.defer(() => scripted.stop(0))
    const spent: Spent[] = []
    const note = (usage: Spent): unknown => spent.push(usage)
    const [model, agent] = await Promise.all([startWireModel((response, call) => passOn(scripted.url, response, call, note)), startMockAgent(TOKEN)])
    opened.use(model)
    opened.use(agent)
    const signalbox = opened.use(
      await startSignalbox({
        dataDir: folder.path,
        environment: {
          SERVICE_TOKEN: TOKEN,
          AGENT_URLS: agent.url,
          AGENT_REFRESH_S: '0.5',
          LLM_BASE_URL: model.baseUrl,
          LLM_MODEL: 'scripted-large',
          LLM_RETRIES: '0',
          NODE_RETRIES: '0',
          SAMPLE_KNOWLEDGE: 'false',
          CONSOLE_ENABLED: 'false',
          LOG_LEVEL: 'warn',
          // What is told here is not how fast it is, and whoever tells it may have a slow machine.
          ORCHESTRATOR_TIMEOUT_MS: '100000',
          NODE_DEADLINE_S: '100',
          PLANNER_TIMEOUT_MS: '100000',
          UPSTREAM_CONNECT_TIMEOUT_MS: '30000',
          ...environment,
        },
      }),
    )
    return { signalbox, model, agent, spent, [Symbol.asyncDispose]: () => opened.disposeAsync() }
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

/** A request of the whole house's API. A body is JSON where it is not text. */
export function call(
  { signalbox }: WireHouse,
  method: string,
  path: string,
  { body, headers = {}, key = signalbox.apiKey }: { body?: unknown; headers?: Record<string, string>; key?: string } = {},
): Promise<Response> {
  return fetch(`${signalbox.baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  })
}

/** What the agent of the house wants a person's word for, as a question about a step of this name. */
export function askToDeploy(step: string): string {
  return `Ask mock-search to roll it out [ask deploy {"step":"${step}"}].`
}

/** Waits until somebody is asked about the step, and approves it. */
export async function approve(house: WireHouse, step: string): Promise<Approval> {
  const asked = await eventually(
    `an approval for ${step}`,
    async () => {
      const page = approvalPageSchema.parse(await (await call(house, 'GET', '/approvals?limit=100', { key: house.signalbox.operatorKey })).json())
      return page.data.find(({ action }) => (action.args as { step?: string }).step === step)
    },
    30_000,
  )
  const decided = await call(house, 'POST', `/approvals/${asked.id}/decision`, {
    key: house.signalbox.operatorKey,
    body: { decision: 'approve', args_sha256: asked.args_sha256 },
    headers: { 'if-match': `"${asked.version}"` },
  })
  if (!decided.ok) throw new Error(`the approval of ${step} was not taken: ${await decided.text()}`)
  return asked
}

export { WIRE_MODEL }

/** The scripted model answers; a stream that is to be cut off ends after its first words. */
async function passOn(url: string, response: ServerResponse, call: UpstreamCall, note: (usage: Spent) => unknown): Promise<void> {
  const answer = await fetch(`${url}${call.path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(call.body) })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const usage = /"usage":(\{[^}]*\})/.exec(bytes.toString())?.[1]
  if (usage !== undefined) note(JSON.parse(usage) as Spent)
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
  if (call.body['stream'] !== true || !call.prompt.includes(CUT)) return void response.end(bytes)
  const second = bytes.indexOf('\n\n', bytes.indexOf('"content":"', bytes.indexOf('\n\n') + 2)) + 2
  response.write(bytes.subarray(0, second), () => response.destroy())
}
