import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { connectAgent, type AgentConnection } from '@signalbox/a2a'

import { telemetry } from './agents.ts'
import { freePort, ROOM } from './orchestrator.ts'

/** An orchestrator as a process of its own. */
export interface Replica {
  url: string
  connection: AgentConnection
  /** Bytes that it holds on to, after its garbage was collected. */
  memory(): Promise<number>
  /** Kills it where it stands. */
  kill(): Promise<void>
}

export async function startReplica(environment: Record<string, string>): Promise<Replica> {
  const child = fork(fileURLToPath(new URL('replica-process.ts', import.meta.url)), [], {
    env: { ...process.env, LOG_LEVEL: 'silent', ...ROOM, ...environment, PORT: String(await freePort()) },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`an orchestrator ended with ${code}`)
  })
  ended.catch(() => undefined)
  const answer = async <Message>(): Promise<Message> => ((await Promise.race([once(child, 'message'), ended])) as [Message])[0]
  const { url } = await answer<{ url: string }>()
  const connection = connectAgent({ url, telemetry })
  return {
    url,
    connection,
    async memory() {
      const answered = answer<{ bytes: number }>()
      child.send('memory')
      return (await answered).bytes
    },
    async kill() {
      const over = once(child, 'exit')
      child.kill('SIGKILL')
      await over
      await connection.close()
    },
  }
}
