import type { Approval, ApprovalDetail, Decision } from '@signalbox/contracts'

import type { Style, Terminal } from '../terminal.ts'
import { renderArgs, renderChanges, type ArgsOptions } from './args.ts'
import { toVisible } from './visible.ts'
import { RISK_STYLES, toMoment, toSpan } from './words.ts'

export const APPROVAL_STYLES = {
  pending: 'yellow',
  approved: 'green',
  rejected: 'red',
  expired: 'dim',
  superseded: 'dim',
} as const satisfies Record<Approval['state'], Style>

/** Everything that is known of an approval, for whoever has to decide it: what runs first, then who wants it and why. */
export function renderApproval({ approval, you }: ApprovalDetail, terminal: Terminal, options: ArgsOptions & { now: number }): string[] {
  const isPending = approval.state === 'pending'
  return [
    ...renderFacts(approval, terminal, options.now),
    ...renderStatement(approval, terminal),
    '',
    ...renderAction(approval, terminal, options),
    ...renderDecisions(approval, terminal),
    '',
    ...(isPending && you.may_decide ? renderNext(approval) : []),
    ...(isPending && !you.may_decide ? [`You cannot decide it${you.why_not === null ? '' : `: ${toVisible(you.why_not)}`}`] : []),
    ...(isPending ? [] : [describeState(approval, options.now)]),
  ]
}

/** What runs when it is approved, byte for byte, and its hash. */
export function renderAction({ action, args_sha256: hash, edit }: Approval, terminal: Terminal, options: ArgsOptions): string[] {
  const title = (text: string): string => terminal.paint('dim', text)
  if (!edit) return [title('What would run'), ...indent(renderArgs(action.args, options, terminal)), `  ${title(`sha256 ${hash}`)}`]
  return [
    title(`What would run, as ${toVisible(edit.by)} has changed it at ${toMoment(edit.at)}`),
    ...indent(renderArgs(edit.args, options, terminal)),
    `  ${title(`sha256 ${edit.args_sha256}`)}`,
    '',
    title('Changed against what was asked for'),
    ...indent(renderChanges(action.args, edit.args, options, terminal)),
  ]
}

/** `approved by alice at …: it is fine` */
export function describeState({ state, decisions, decided_at: at, expires_at: expiresAt, on_timeout: otherwise }: Approval, now: number): string {
  const last = decisions.findLast(({ superseded }) => !superseded)
  if (state === 'pending') return `pending, ${toSpan(Date.parse(expiresAt) - now)} left, then ${otherwise === 'reject' ? 'rejected' : 'approved'}`
  const when = at === null ? '' : ` at ${toMoment(at)}`
  if (state === 'expired') return `expired${when}: nobody decided in time, so it was ${otherwise === 'reject' ? 'rejected' : 'approved'}`
  if (state === 'superseded' || !last) return `${state}${when}`
  const how = state === 'approved' && last.decision === 'edit' ? 'approved with changes' : state
  return `${how} by ${toVisible(last.by.name)}${when}${last.reason === null || last.reason === '' ? '' : `: ${toVisible(last.reason)}`}`
}

function renderFacts(approval: Approval, terminal: Terminal, now: number): string[] {
  const { action, risk, quorum, policy, agent, skill, source } = approval
  const fields: [string, string, Style?][] = [
    ['Approval', `${approval.id} (version ${approval.version})`],
    ['State', describeState(approval, now), APPROVAL_STYLES[approval.state]],
    ['Action', `${toVisible(action.type)}: ${toVisible(action.title)}`, 'bold'],
    ['Tool', toVisible(action.tool ?? '')],
    ['Risk', `${risk.level}${risk.reasons.length === 0 ? '' : `: ${risk.reasons.map((reason) => toVisible(reason)).join('; ')}`}`, RISK_STYLES[risk.level]],
    ['Why', toVisible(approval.why ?? '')],
    ['Impact', toVisible(approval.impact ?? '')],
    ['Effects', action.side_effects.map((effect) => toVisible(effect)).join('; ')],
    ['Undo', action.reversible === null ? '' : action.reversible ? 'it can be taken back' : 'it cannot be taken back'],
    ['Asked by', `${SOURCES[source]} ${toVisible(agent)}${skill === null ? '' : ` (${toVisible(skill)})`}`],
    ['For', `${toVisible(approval.requested_by)}, in session ${toVisible(approval.session_id)}, node ${toVisible(approval.node)}`],
    ['Goal', toVisible(approval.goal)],
    ['Policy', policy === null ? '' : `${toVisible(policy.id)} (version ${toVisible(policy.version)})`],
    ['Deciders', `${quorum.required} of ${quorum.eligible.map((who) => toVisible(who)).join(', ')}${quorum.exclude_requester ? ', not who asked for it' : ''}`],
    ['Escalated', approval.escalated ? `to ${approval.escalates_to.map((who) => toVisible(who)).join(', ')}` : ''],
    ['Asked at', toMoment(approval.created_at)],
  ]
  const filled = fields.filter(([, text]) => text !== '')
  const width = Math.max(...filled.map(([name]) => name.length))
  return filled.map(([name, text, style]) => `${terminal.paint('dim', name.padEnd(width))}  ${style === undefined ? text : terminal.paint(style, text)}`)
}

const SOURCES = { plan: 'the plan, for', policy: 'a policy, for', agent: 'the agent' } as const satisfies Record<Approval['source'], string>

/** Each line of it is marked, so that none can pass for one of ours. */
function renderStatement({ statement }: Approval, terminal: Pick<Terminal, 'paint'>): string[] {
  if (statement === null || statement.trim() === '') return []
  const mark = terminal.paint('dim', '│')
  return [
    '',
    terminal.paint('dim', 'What the agent says of it, which nobody has checked'),
    ...toVisible(statement, { lines: true })
      .split('\n')
      .map((line) => `  ${mark} ${line}`),
  ]
}

function renderDecisions({ decisions }: Approval, terminal: Pick<Terminal, 'paint'>): string[] {
  return decisions.length === 0 ? [] : ['', terminal.paint('dim', 'Decisions'), ...decisions.map((decision) => `  ${describeDecision(decision)}`)]
}

function describeDecision({ decision, by, via, at, reason, superseded }: Decision): string {
  const words = `${toMoment(at)}  ${toVisible(by.name)} (${via}): ${decision}${reason === null || reason === '' ? '' : `: ${toVisible(reason)}`}`
  return superseded ? `${words} (of other bytes: it does not count any more)` : words
}

function renderNext({ id, allowed }: Approval): string[] {
  const commands = {
    approve: `signalbox approvals approve ${id}`,
    edit: `signalbox approvals edit ${id} --args FILE`,
    reject: `signalbox approvals reject ${id} --reason "…"`,
  }
  return allowed.map((kind) => commands[kind])
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
