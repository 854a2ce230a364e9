import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { eventually, freePorts } from '@signalbox/testing'

const PROJECT_FOLDER = fileURLToPath(new URL('../../', import.meta.url))

/** A mock agent as its own process; what it is asked to do stands in brackets in what it is asked. */
export interface MockAgentProcess extends AsyncDisposable {
  url: string
  name: string
  /** How often what people approved was really done: `deploy {"env":"prod"}`. */
  done(): Promise<Record<string, number>>
  /** Ends it as a crash would, and starts it again on its port: it has forgotten everything. */
  restart(): Promise<void>
}

export async function startMockAgent(
  serviceToken: string,
  { kind = 'search', name = `mock-${kind}`, port }: { kind?: string; name?: string; port?: number } = {},
): Promise<MockAgentProcess> {
  const [free = 0] = port === undefined ? await freePorts(1) : [port]
  const url = `http://127.0.0.1:${free}`
  const start = async () => {
    const child = spawn(process.execPath, ['services/mocks/src/main.ts'], {
      cwd: PROJECT_FOLDER,
      env: { ...process.env, SERVICE_TOKEN: serviceToken, MOCK_AGENT: kind, MOCK_NAME: name, PORT: String(free), LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await eventually(
      `${name} answers`,
      () =>
        fetch(`${url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      60_000,
    )
    return child
  }
  let running = await start()
  const kill = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return
    const ended = once(running, 'exit')
    running.kill('SIGKILL')
    await ended
  }
  return {
    url,
    name,
    async done() {
      const answer = await fetch(`${url}/executions`, { headers: { authorization: `Bearer ${serviceToken}` }, signal: AbortSignal.timeout(10_000) })
      return ((await answer.json()) as { done: Record<string, number> }).done
    },
    async restart() {
      await kill()
      running = await start()
    },
    [Symbol.asyncDispose]: kill,
  }
}
