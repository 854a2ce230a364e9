import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { AppError, type ErrorCode } from '@signalbox/errors'

import type { ApprovalLedger } from '../approval-ledger.ts'

/** How another process opens the same ledger: what it imports, which function of it, and with which options. */
export interface LedgerElsewhere {
  module: string
  open: string
  options: unknown
}

/** A ledger in another process. It does one thing at a time. */
export interface LedgerProcess {
  call<Method extends keyof ApprovalLedger>(method: Method, ...args: Parameters<ApprovalLedger[Method]>): Promise<Awaited<ReturnType<ApprovalLedger[Method]>>>
  /** Has it write notes, some of them with approvals; `heard` is told of each that was acknowledged. */
  writeOften(name: string, count: number, heard?: (subject: string) => void): Promise<void>
  /** SIGKILL: no goodbye. What it was doing rejects. */
  kill(): Promise<void>
  close(): Promise<void>
}

interface Answer {
  acknowledged?: string
  error?: { code: ErrorCode; message: string }
  result?: unknown
}

export function openLedgerProcess(elsewhere: LedgerElsewhere): LedgerProcess {
  const program = fileURLToPath(new URL('./ledger-process.ts', import.meta.url))
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'signalbox-compiled-for-tests') }
  const child = spawn(process.execPath, [program, JSON.stringify(elsewhere)], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const exited = once(child, 'exit')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function ask(method: string, args: unknown[], heard?: (subject: string) => void): Promise<unknown> {
    child.stdin.write(`${JSON.stringify({ method, args: args.map((value) => (value instanceof Date ? { time: value } : value)) })}\n`)
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
    writeOften: async (name, count, heard) => void (await ask('writeOften', [name, count], heard)),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
