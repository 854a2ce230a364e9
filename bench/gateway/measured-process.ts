import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process under measurement: where it listens, and how much CPU it used so far. */
export interface MeasuredProcess extends AsyncDisposable {
  origin: string
  /** Microseconds of CPU, user and system. */
  cpu(): Promise<number>
}

/** Starts one of the benchmark's processes and waits until it listens. */
export async function startProcess(file: string, options: { arguments?: string[]; environment?: Record<string, string> } = {}): Promise<MeasuredProcess> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), options.arguments ?? [], {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a benchmark process ended with ${code}`)
  })
  ended.catch(() => undefined)
  const answer = async <Message>(): Promise<Message> => ((await Promise.race([once(child, 'message'), ended])) as [Message])[0]
  const { port } = await answer<{ port: number }>()
  return {
    origin: `http://127.0.0.1:${port}`,
    cpu: async () => {
      const answered = answer<{ cpu: number }>()
      child.send('cpu')
      return (await answered).cpu
    },
    [Symbol.asyncDispose]: async () => {
      const over = once(child, 'exit')
      child.disconnect()
      await over
    },
  }
}
