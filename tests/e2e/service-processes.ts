import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { eventually, freePorts } from '@signalbox/testing'

const PROJECT_FOLDER = fileURLToPath(new URL('../../', import.meta.url))
const NAMES = ['mocks', 'rag', 'reasoning', 'planner', 'orchestrator', 'gateway'] as const
type Name = (typeof NAMES)[number]

/** Every service as its own process, as containers would run them: they know each other by URL alone. */
export interface ServiceProcesses extends AsyncDisposable {
  url(name: Name): string
  apiKey: string
  serviceToken: string
  kill(name: Name): Promise<void>
  start(name: Name): Promise<void>
}

export async function startServices(dataDir: string, extra: Record<string, string> = {}): Promise<ServiceProcesses> {
  const ports = await freePorts(NAMES.length)
  const port = (name: Name): number => ports[NAMES.indexOf(name)] as number
  const url = (name: Name): string => `http://127.0.0.1:${port(name)}`
  const running = new Map<Name, ChildProcess>()
  const apiKey = 'e2e-key-of-some-length'
  const serviceToken = 'e2e-service-token-0123456789'
  const { OPENAI_API_KEY: _key, ...inherited } = process.env
  const environment = {
    ...inherited,
    DATA_DIR: dataDir,
    SERVICE_TOKEN: serviceToken,
    SIGNALBOX_API_KEYS: `e2e:${apiKey}`,
    LLM_BASE_URL: `${url('mocks')}/v1`,
    LLM_MODEL: 'scripted-large',
    MOCK_AGENTS: 'false',
    PLANNER_URL: url('planner'),
    AGENT_URLS: `${url('rag')},${url('reasoning')}`,
    ORCHESTRATOR_URL: url('orchestrator'),
    AGENT_REFRESH_S: '0.5',
    LOG_LEVEL: 'warn',
    ...extra,
  }
  const start = async (name: Name): Promise<void> => {
    const child = spawn(process.execPath, [`services/${name}/src/main.ts`], {
      cwd: PROJECT_FOLDER,
      env: { ...environment, PORT: String(port(name)) },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    running.set(name, child)
    await eventually(
      `${name} answers`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
        return fetch(`${url(name)}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        )
      },
      90_000,
    )
  }
  const kill = async (name: Name, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const child = running.get(name)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await Promise.all(NAMES.map(start))
  return {
    url,
    apiKey,
    serviceToken,
    start,
    kill: (name) => kill(name),
    [Symbol.asyncDispose]: async () => void (await Promise.all(NAMES.map((name) => kill(name, 'SIGTERM')))),
  }
}
