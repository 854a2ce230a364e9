import { createInterface } from 'node:readline'
import { setImmediate as breath } from 'node:timers/promises'

import type { AppError } from '@signalbox/errors'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { sampleApproval, sampleNote } from './sample-approval.ts'

/*
 * A process of its own with a ledger, that does what it is told on its input, one JSON line each, and answers
 * on its output. `open-ledger-process.ts` is the other end.
 */

interface Command {
  method: keyof ApprovalLedger | 'writeOften'
  args: never[]
}

const { module, open, options } = JSON.parse(process.argv[2] ?? '{}')
const ledger: ApprovalLedger = await (await import(module))[open](options)

for await (const line of createInterface({ input: process.stdin })) {
  const { method, args } = JSON.parse(line, readTime) as Command
  try {
    say({ result: await (method === 'writeOften' ? writeOften(...(args as unknown as Parameters<typeof writeOften>)) : call(method, args)) })
  } catch (error) {
    const { code, message } = error as AppError
    say({ error: { code, message } })
  }
}
await ledger.close()

async function call(method: keyof ApprovalLedger, args: never[]): Promise<unknown> {
  return (ledger[method] as (...values: never[]) => unknown)(...args)
}

/** Writes `count` notes, every third together with an approval, and tells of each that was acknowledged. */
async function writeOften(name: string, count: number): Promise<void> {
  for (let written = 0; written < count; written += 1) {
    const subject = `${name}.${written}`
    const note = sampleNote({ subject })
    if (written % 3) await ledger.note(note)
    else await ledger.open(sampleApproval({ id: subject }), { notes: [note], deliveries: [] })
    say({ acknowledged: subject })
    await breath()
  }
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

/** Times that are `Date`s, as the other end marks them. */
function readTime(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'time' in value ? new Date(value.time as string) : value
}
