import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { eventually } from './eventually.ts'
import { freePorts } from './free-ports.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface RedisServer extends AsyncDisposable {
  url: string
  port: number
  /** Ends the process by the signal, and waits until it has ended. `SIGSTOP` and `SIGCONT` are only sent: there is no end to wait for. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port and the same data, and waits until it answers. Kills it first where it still runs. */
  restart(): Promise<void>
  /** Ends it for good, and removes its data. */
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** `yes` by default, so that what it acknowledged outlives it. */
  appendonly?: 'yes' | 'no'
  /**
   * `always` by default. With `everysec`, Redis acknowledges while a sync is under way what it has not even
   * written yet, for up to two seconds: when it is killed, that is lost.
   */
  appendfsync?: 'always' | 'everysec' | 'no'
  /** `noeviction` by default. */
  maxmemoryPolicy?: string
  /** Asked of every client, where it is set. */
  password?: string
  /** More words of the command line. */
  args?: string[]
}

/** A `redis-server` (from the PATH) of one test, with a port and a data folder of its own. Nothing waits behind it: what it writes, it writes at once. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const [port] = (await freePorts(1)) as [number]
  const folder = await temporaryFolder()
  const settings = {
    'port': String(port),
    'bind': '127.0.0.1',
    'dir': folder.path,
    'save': '',
    'appendonly': options.appendonly ?? 'yes',
    'appendfsync': options.appendfsync ?? 'always',
    'maxmemory-policy': options.maxmemoryPolicy ?? 'noeviction',
    ...(options.password === undefined ? {} : { requirepass: options.password }),
  }
  const words = [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...(options.args ?? [])]
  let server: ChildProcess | undefined

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!server || hasEnded(server)) return
    const exited = once(server, 'exit')
    server.kill(signal)
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exited
  }

  async function start(): Promise<void> {
    const starting = spawn('redis-server', words, { stdio: 'ignore' })
    server = starting
    const failed = once(starting, 'error').then(([error]) => Promise.reject(new Error('redis-server cannot be started: is it on the PATH?', { cause: error })))
    const ready = eventually('redis-server answers', async () => {
      if (hasEnded(starting)) throw new Error(`redis-server has ended with ${starting.exitCode ?? starting.signalCode}`)
      return answers(port)
    })
    await Promise.race([ready, failed])
  }

  async function stop(): Promise<void> {
    await kill()
    await folder[Symbol.asyncDispose]()
  }

  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `redis://${options.password === undefined ? '' : `:${options.password}@`}127.0.0.1:${port}`,
    port,
    kill,
    async restart() {
      await kill()
      await start()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

/** Whether it answers a PING other than by saying that it is still reading its data. Asking for a password is an answer. */
async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    const said = once(socket, 'data').then(([bytes]) => String(bytes))
    socket.write('PING\r\n')
    const answer = await Promise.race([said, pause(500, '-LOADING', { ref: false })])
    return !answer.startsWith('-LOADING')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
