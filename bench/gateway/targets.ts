import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Load } from './load.ts'
import { startProcess, type MeasuredProcess } from './measured-process.ts'
import { startNginx } from './start-nginx.ts'
import { startPortkey, toPortkeyHeaders } from './start-portkey.ts'

export const KEY = 'bench-key-of-some-length'

/** Something that stands before the upstream, or the upstream itself. */
export interface Target {
  name: string
  process: MeasuredProcess
  /** Sent beside the headers that all get. */
  headers: Record<string, string>
  /** So much slower than the bare proxy that it gets fewer requests. */
  slowness: number
}

export interface Targets extends AsyncDisposable {
  upstream: Target
  bare: Target
  gateway: Target
  /** What else this machine has. */
  others: Target[]
}

/** Starts everything that is measured, each in a process of its own. */
export async function openTargets({ quick }: { quick: boolean }): Promise<Targets> {
  await using opened = new AsyncDisposableStack()
  const open = async (name: string, starting: Promise<MeasuredProcess>, options: Partial<Target> = {}): Promise<Target> => ({
    name,
    process: opened.use(await starting),
    headers: {},
    slowness: 1,
    ...options,
  })
  const upstream = await open('the upstream itself', startProcess('upstream-process.ts'))
  const { origin } = upstream.process
  const bare = await open('a bare undici proxy', startProcess('bare-proxy-process.ts', { arguments: [origin] }))
  const gateway = await open('the gateway', startGateway(origin))
  const others: Target[] = []
  const nginx = await startNginx(origin)
  if (nginx) others.push(await open('nginx', Promise.resolve(nginx)))
  else say('nginx is not installed here: its figures are left out')
  const portkey = quick ? undefined : await startPortkey()
  if (portkey) others.push(await open('Portkey 1.15.2', Promise.resolve(portkey), { headers: toPortkeyHeaders(origin), slowness: 8 }))
  else if (!quick) say('@portkey-ai/gateway could not be installed: its figures are left out')
  const everything = opened.move()
  return { upstream, bare, gateway, others, [Symbol.asyncDispose]: () => everything.disposeAsync() }
}

/** The gateway before an upstream, with its files in a folder of its own. */
export async function startGateway(upstream: string, environment: Record<string, string> = {}): Promise<MeasuredProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-gateway-'))
  const gateway = await startProcess('gateway-process.ts', { environment: { ...toGatewayEnvironment(upstream, folder), ...environment } })
  return {
    ...gateway,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function toGatewayEnvironment(upstream: string, folder: string): Record<string, string> {
  return {
    LLM_BASE_URL: `${upstream}/v1`,
    LLM_MODEL: 'bench',
    SIGNALBOX_API_KEYS: `bench:${KEY}`,
    LOG_LEVEL: 'info',
    ORCHESTRATOR_URL: 'http://127.0.0.1:9',
    SERVICE_TOKEN: 'bench-service-token-0123',
    CONSOLE_ENABLED: 'false',
    DATA_DIR: folder,
  }
}

/** A chat request to a target. */
export function toLoad(target: Pick<Target, 'process' | 'headers'>, load: { model: string; stream: boolean; requests: number; concurrency: number }): Load {
  const { model, stream, requests, concurrency } = load
  return {
    origin: target.process.origin,
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json', 'authorization': `Bearer ${KEY}`, ...target.headers },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Say something. '.repeat(20) }] }),
    requests,
    concurrency,
  }
}

export function say(line: string): void {
  process.stdout.write(`  ${line}\n`)
}
