import { readFile } from 'node:fs/promises'

import { APPROVAL_LIMITS, approvalSchema, type Approval, type ApprovalDetail, type DecisionKind } from '@signalbox/contracts'

import type { Decided } from '../api/gateway.ts'
import type { Command, Invocation } from '../command.ts'
import { ConflictFailure, Failure, UsageFailure } from '../failure.ts'
import { readNumber, readText } from '../options.ts'
import { describeState, renderAction } from '../show/approval-page.ts'
import { renderChanges } from '../show/args.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { toVisible } from '../show/visible.ts'
import { toMoment } from '../show/words.ts'
import { FULL } from './approvals.ts'

type Args = Approval['action']['args']

const REASON = { type: 'string', value: 'TEXT', help: 'why; it is kept in the audit, and told to whoever asked' } as const
const SHA256 = { type: 'string', value: 'HASH', help: 'only if these are the bytes that would run' } as const
const SURELY = {
  yes: { type: 'boolean', help: 'do not ask' },
  confirm: { type: 'string', value: 'ACTION', help: 'with --yes, for high and critical risk: the action’s type, as it is shown' },
} as const

export const approvalsApprove: Command = {
  name: 'approvals approve',
  summary: 'have it done, with exactly the bytes that are shown',
  words: ['APPROVAL'],
  key: 'operator',
  options: { ...SURELY, reason: REASON, sha256: SHA256, full: FULL },
  more: `Shows what would run and asks. Where nobody is there to be asked it needs --yes, and for
high and critical risk --confirm with the action's type. Whoever was first decides: if that
was somebody else, the decision that stands is shown, and the exit code is 3.
`,
  async run(call) {
    const detail = await readOpen(call, 'approve')
    const { approval } = detail
    if (!call.json) for (const line of renderAction(approval, call.terminal, { full: call.options['full'] === true })) call.terminal.note(line)
    await requireSurely(call, approval, 'Approve')
    return decide(call, approval, { decision: 'approve', args_sha256: waitingHash(approval), ...readReason(call) })
  },
}

export const approvalsReject: Command = {
  name: 'approvals reject',
  summary: 'have it not done; the reason goes to whoever asked, and to the planner',
  words: ['APPROVAL'],
  key: 'operator',
  options: { reason: REASON },
  more: `Without --reason it is asked for, where somebody is there to be asked.
`,
  async run(call) {
    const { approval } = await readOpen(call, 'reject')
    const given = readReason(call)
    const typed = given.reason === undefined ? await call.terminal.ask(`Why is “${toVisible(approval.action.title)}” not to be done? `, call.signal) : undefined
    const reason = given.reason ?? (typed === undefined || typed.trim() === '' ? undefined : requireShort(typed.trim()))
    return decide(call, approval, { decision: 'reject', args_sha256: waitingHash(approval), ...(reason !== undefined && { reason }) })
  },
}

export const approvalsEdit: Command = {
  name: 'approvals edit',
  summary: 'have it done with other arguments',
  words: ['APPROVAL'],
  key: 'operator',
  options: {
    args: { type: 'string', value: 'FILE', help: 'the arguments to run with instead, all of them, as JSON; - is standard input' },
    ...SURELY,
    reason: REASON,
    sha256: SHA256,
    full: FULL,
  },
  more: `Begin with what is asked for:  signalbox approvals show APPROVAL --json | jq .approval.action.args
A secret that is left masked keeps its value. Shows what changes and asks, as approve does.
`,
  async run(call) {
    const file = readText(call.options, 'args')
    if (file === undefined) throw new UsageFailure('signalbox approvals edit needs --args FILE. See signalbox approvals edit --help.')
    const { approval } = await readOpen(call, 'edit')
    const args = await readArgs(call, file)
    const before = approval.edit?.args ?? approval.action.args
    const changes = renderChanges(before, args, { full: call.options['full'] === true }, call.terminal)
    if (changes.length === 0) throw new Failure('These are the arguments that would run anyway. Approve it instead: signalbox approvals approve.')
    if (!call.json) for (const line of changes) call.terminal.note(`  ${line}`)
    await requireSurely(call, approval, 'Approve with these changes')
    return decide(call, approval, { decision: 'edit', edited_args: args, args_sha256: waitingHash(approval), ...readReason(call) })
  },
}

export const approvalsExtend: Command = {
  name: 'approvals extend',
  summary: 'give it more time',
  words: ['APPROVAL'],
  key: 'operator',
  options: { hours: { type: 'string', value: 'N', help: 'how much more (default 24, at most 168)' } },
  async run(call) {
    const hours = readNumber(call.options, 'hours', { min: 1, max: 168, fallback: 24 })
    const { approval } = (await call.gateway.approval(call.words[0] ?? '')).value
    requirePending(approval, call)
    const { value, json } = await withConflict(call, () => call.gateway.extend(approval.id, approval.version, hours * 3_600))
    call.terminal.print(call.json ? toSafeJson(json, 2) : `${value.id} expires at ${toMoment(value.expires_at)}`)
    return 0
  },
}

/** The approval as it waits. @throws Failure where it does not wait, or not for this decision, or not for this caller. */
async function readOpen(call: Invocation, wanted: DecisionKind): Promise<ApprovalDetail> {
  const { value } = await call.gateway.approval(call.words[0] ?? '')
  const { approval, you } = value
  requirePending(approval, call)
  const hash = readText(call.options, 'sha256')?.toLowerCase()
  if (hash !== undefined && hash !== waitingHash(approval)) {
    throw new ConflictFailure(`Other bytes wait by now: sha256 ${waitingHash(approval)}. Look at them with signalbox approvals show ${approval.id}.`, {
      approval,
    })
  }
  if (!approval.allowed.includes(wanted)) throw new Failure(`It can be decided by ${approval.allowed.join(' or ')}, and not by ${wanted}.`)
  if (!you.may_decide) throw new Failure(`You cannot decide it${you.why_not === null ? '.' : `: ${toVisible(you.why_not)}`}`)
  return value
}

function requirePending(approval: Approval, { now }: Invocation): void {
  if (approval.state !== 'pending') throw new ConflictFailure(`It is decided already: ${describeState(approval, now())}`, { approval })
}

/** The hash of the bytes that would run as it stands. */
function waitingHash({ edit, args_sha256: hash }: Approval): string {
  return edit?.args_sha256 ?? hash
}

/** @throws Failure where the person says no; UsageFailure where nobody is there to be asked and the options do not say yes. */
async function requireSurely({ terminal, options, signal }: Invocation, { action, risk }: Approval, question: string): Promise<void> {
  const isHigh = risk.level === 'high' || risk.level === 'critical'
  const type = toVisible(action.type)
  const confirmed = readText(options, 'confirm')
  if (confirmed !== undefined && confirmed !== action.type) throw new UsageFailure(`--confirm says ${toVisible(confirmed)}, and the action is ${type}.`)
  if (options['yes'] === true && (!isHigh || confirmed !== undefined)) return
  if (options['yes'] === true) throw new UsageFailure(`The risk is ${risk.level}. Say --confirm ${type} too.`)
  const title = `“${toVisible(action.title)}” (${type}, risk: ${risk.level})`
  const answer = await terminal.ask(isHigh ? `${question} ${title}? Type ${type} to do so: ` : `${question} ${title}? [y/N] `, signal)
  if (answer === undefined) throw new UsageFailure(`There is nobody to ask here. Say --yes${isHigh ? ` --confirm ${type}` : ''}.`)
  const isSure = isHigh ? answer.trim() === action.type : /^y(?:es)?$/i.test(answer.trim())
  if (!isSure) throw new Failure('Nothing was decided.')
}

async function decide(call: Invocation, { id, version }: Approval, decided: Decided): Promise<number> {
  const { value, json } = await withConflict(call, () => call.gateway.decide(id, version, decided))
  const { terminal } = call
  if (call.json) {
    terminal.print(toSafeJson(json, 2))
    return 0
  }
  terminal.print(`${toVisible(value.id)} is ${describeState(value, call.now())}`)
  const standing = value.decisions.filter(({ superseded }) => !superseded).length
  if (value.state === 'pending') terminal.note(`${standing} of ${value.quorum.required} have decided so far: it takes more.`)
  return 0
}

/** Tells what stands where somebody else was first. */
async function withConflict<Result>({ json, terminal, now }: Invocation, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ConflictFailure)) throw error
    const approval = approvalSchema.safeParse((error.body as { approval?: unknown }).approval).data
    if (json) terminal.print(toSafeJson(error.body, 2))
    if (!approval) throw error
    const stands =
      approval.state === 'pending' ? `It has changed meanwhile (version ${approval.version}); look at it again.` : `It is ${describeState(approval, now())}`
    throw new ConflictFailure(`${error.message} ${stands}`, error.body)
  }
}

function readReason({ options }: Invocation): { reason?: string } {
  const text = readText(options, 'reason')?.trim()
  return text === undefined || text === '' ? {} : { reason: requireShort(text) }
}

function requireShort(reason: string): string {
  if (reason.length <= APPROVAL_LIMITS.reason) return reason
  throw new UsageFailure(`A reason holds ${APPROVAL_LIMITS.reason} characters at most.`)
}

async function readArgs({ readInput }: Invocation, file: string): Promise<Args> {
  const name = file === '-' ? 'standard input' : file
  const bytes = file === '-' ? await readInput(4 * APPROVAL_LIMITS.argsBytes) : await readArgsFile(file)
  if (!bytes || bytes.byteLength > 4 * APPROVAL_LIMITS.argsBytes) throw new Failure(`${name} holds more than arguments may.`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Args
  } catch (error) {
    throw new UsageFailure(`${name} is not JSON: ${toVisible(error instanceof Error ? error.message : '')}`)
  }
}

async function readArgsFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new UsageFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
  }
}
