import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A process under measurement, with its children: where it listens, and what it used so far. */
export interface MeasuredProcess extends AsyncDisposable {
  origin: string
  /** Microseconds of CPU, user and system. */
  cpu(): Promise<number>
  /** Megabytes in memory now. */
  rss(): Promise<number>
}

/** Starts one of the benchmark's processes and waits until it listens. */
export async function startProcess(file: string, options: { arguments?: string[]; environment?: Record<string, string> } = {}): Promise<MeasuredProcess> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), options.arguments ?? [], {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = failAtExit(child)
  const answer = async <Message>(): Promise<Message> => ((await Promise.race([once(child, 'message'), ended])) as [Message])[0]
  const { port } = await answer<{ port: number }>()
  const ask = async (): Promise<{ cpu: number; rss: number }> => {
    const answered = answer<{ cpu: number; rss: number }>()
    child.send('usage')
    return await answered
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    cpu: async () => (await ask()).cpu,
    rss: async () => (await ask()).rss,
    [Symbol.asyncDispose]: async () => {
      const over = once(child, 'exit')
      child.disconnect()
      await over
    },
  }
}

/** Starts a program that is not ours, on a port that it was told, and waits until it listens. What it uses is read from `/proc`, so only on Linux. */
export async function startProgram(
  command: string,
  args: string[],
  options: { port: number; folder: string; environment?: Record<string, string> },
): Promise<MeasuredProcess> {
  const child = spawn(command, args, { cwd: options.folder, env: { ...process.env, ...options.environment }, stdio: 'ignore' })
  const ended = failAtExit(child)
  await Promise.race([untilListening(options.port), ended])
  const pid = child.pid as number
  return {
    origin: `http://127.0.0.1:${options.port}`,
    cpu: async () => sum(await Promise.all((await readFamily(pid)).map(readCpu))),
    rss: async () => sum(await Promise.all((await readFamily(pid)).map(readRss))),
    [Symbol.asyncDispose]: async () => {
      const over = once(child, 'exit')
      child.kill()
      await over
    },
  }
}

function failAtExit(child: ChildProcess): Promise<never> {
  const ended = Promise.race([once(child, 'exit'), once(child, 'error')]).then(([reason]: unknown[]) => {
    throw new Error(`a benchmark process ended: ${String(reason)}`)
  })
  ended.catch(() => undefined)
  return ended
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const socket = connect({ host: '127.0.0.1', port })
    const open = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false)
    socket.destroy()
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing listens on port ${port}`)
}

async function readFamily(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return [pid, ...children.split(' ').filter(Boolean).map(Number)]
}

/** `utime` and `stime` in ticks of 10 ms; the second field, the name, may hold blanks. */
async function readCpu(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

async function readRss(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
