import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { AppError, type ErrorCode } from '@signalbox/errors'

import type { SessionStore } from '../session-store.ts'

/** How another process opens the same store: what it imports, which function of it, and with which options. */
export interface StoreElsewhere {
  module: string
  open: string
  options: unknown
}

/** A store in another process. It does one thing at a time. */
export interface StoreProcess {
  call<Method extends keyof SessionStore>(method: Method, ...args: Parameters<SessionStore[Method]>): Promise<Awaited<ReturnType<SessionStore[Method]>>>
  /** Has it add notes in turns with others; `heard` is told of each that was acknowledged. */
  writeInTurns(id: string, holder: string, count: number, heard?: (note: string) => void): Promise<void>
  /** SIGSTOP: it stands still, and what it is told waits. */
  pause(): void
  /** SIGCONT: it goes on as if no time had passed. */
  resume(): void
  /** SIGKILL: no goodbye. What it was doing rejects. */
  kill(): Promise<void>
  close(): Promise<void>
}

interface Answer {
  acknowledged?: string
  error?: { code: ErrorCode; message: string }
  result?: unknown
}

export function openStoreProcess(elsewhere: StoreElsewhere): StoreProcess {
  const program = fileURLToPath(new URL('./store-process.ts', import.meta.url))
  // Twenty of them read the same modules: compiled once, they are there in half the time.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'signalbox-compiled-for-tests') }
  const child = spawn(process.execPath, [program, JSON.stringify(elsewhere)], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const exited = once(child, 'exit')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function ask(method: string, args: unknown[], heard?: (note: string) => void): Promise<unknown> {
    child.stdin.write(`${JSON.stringify({ method, args })}\n`)
    for (;;) {
      const line = await answers.next()
      if (line.done) throw new Error('the process is gone')
      const { acknowledged, error, result } = JSON.parse(line.value) as Answer
      if (error) throw new AppError(error.code, error.message)
      if (acknowledged === undefined) return result
      heard?.(acknowledged)
    }
  }

  return {
    call: async (method, ...args) => (await ask(method, args)) as never,
    writeInTurns: async (id, holder, count, heard) => void (await ask('writeInTurns', [id, holder, count], heard)),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async close() {
      child.kill('SIGCONT')
      child.stdin.end()
      await exited
    },
  }
}
