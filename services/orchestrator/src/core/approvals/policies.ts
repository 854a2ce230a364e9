import type { DecisionKind, Quorum, RiskLevel } from '@signalbox/contracts'

import type { RuleEngine } from '../condition.ts'
import type { ApprovalPolicies, JudgedAction, Requirement } from './ports.ts'
import { toShort } from './mask.ts'

/** Which actions a rule is for; all of what it names must hold. Names are globs: `deploy-*`. */
export interface PolicyMatch {
  agent?: readonly string[] | undefined
  skill?: readonly string[] | undefined
  tool?: readonly string[] | undefined
  type?: readonly string[] | undefined
  /** As plan or agent say it. */
  risk?: readonly RiskLevel[] | undefined
  source?: readonly JudgedAction['source'][] | undefined
  /** A JSON Logic rule over the action's arguments. */
  args?: unknown
}

/** When others are asked too, and who. `after` is milliseconds, or a share of the deadline. */
export interface Escalation {
  after: { ms: number } | { share: number }
  to: readonly string[]
}

export interface PolicyDefaults {
  deadlineMs: number
  quorum: Quorum
  escalate: Escalation | null
  maxOpenPerSession: number
}

export interface PolicyRule {
  id: string
  match: PolicyMatch
  effect: 'require' | 'allow' | 'deny'
  risk?: RiskLevel | undefined
  why?: string | undefined
  quorum: Quorum
  deadlineMs: number
  onTimeout: 'reject' | 'approve'
  escalate: Escalation | null
  allow: readonly DecisionKind[]
  mask: readonly string[]
  notify: readonly string[] | null
}

export interface PolicyRules {
  /** Names the rules as they were: a hash of their file. */
  version: string
  defaults: PolicyDefaults
  rules: readonly PolicyRule[]
}

/** What holds where nobody has written any. */
export const NO_POLICIES: PolicyRules = {
  version: 'none',
  defaults: {
    deadlineMs: 24 * 3_600_000,
    quorum: { required: 1, eligible: ['role:approver'], exclude_requester: true },
    escalate: null,
    maxOpenPerSession: 20,
  },
  rules: [],
}

const RISKS: readonly RiskLevel[] = ['low', 'medium', 'high', 'critical']
const WHY_CHARS = 2_000

/**
 * Who has to be asked what.
 *
 *  1. The first rule that matches decides. Where none does, what plans and agents ask for is asked by the
 *     defaults, and nothing else is.
 *  2. What cannot be told counts against going on: a condition that cannot be evaluated holds for a rule that
 *     asks or denies, and does not for one that allows. Names match in any case, but not those that allow.
 *  3. The risk is the higher one of what is said and what the rule says. Nothing that is said to be high is
 *     allowed without a person, and nothing but low risk is ever approved because time has passed.
 */
export function createPolicies({ version, defaults, rules }: PolicyRules, { evaluate, seal }: { evaluate: RuleEngine; seal: string }): ApprovalPolicies {
  function toRequirement(judged: JudgedAction, rule: PolicyRule | undefined): Requirement {
    const { quorum, deadlineMs, escalate } = rule ?? defaults
    const level = highest([judged.said.risk, rule?.risk]) ?? 'medium'
    const isTooRisky = rule?.effect === 'allow' && isHigh(judged.said.risk)
    return {
      effect: rule === undefined || rule.effect === 'require' || isTooRisky ? 'ask' : rule.effect,
      risk: { level, reasons: [...reasonsOf(judged, rule), ...(isTooRisky ? [`Policy '${rule.id}' allows it, but not at this risk.`] : [])] },
      why: whyOf(judged, rule),
      policy: rule ? { id: rule.id, version } : null,
      allowed: rule ? [...rule.allow] : ['approve', 'edit', 'reject'],
      quorum,
      on_timeout: rule?.onTimeout === 'approve' && level === 'low' ? 'approve' : 'reject',
      notify: rule?.notify ? [...rule.notify] : null,
      deadlineMs,
      escalateAfterMs: escalate && ('ms' in escalate.after ? escalate.after.ms : Math.round(escalate.after.share * deadlineMs)),
      escalatesTo: [...(escalate?.to ?? [])],
      mask: [...(rule?.mask ?? [])],
    }
  }

  return {
    hasRules: rules.length > 0,
    mostOpen: defaults.maxOpenPerSession,
    seal,
    judge(judged) {
      const rule = rules.find((candidate) => matches(candidate, judged, evaluate))
      if (!rule && judged.source === 'policy') return undefined
      return toRequirement(judged, rule)
    },
  }
}

function matches({ match, effect }: PolicyRule, judged: JudgedAction, evaluate: RuleEngine): boolean {
  const { agent, skill, action, source } = judged
  const anyCase = effect !== 'allow'
  const named: [globs: readonly string[] | undefined, name: string | undefined][] = [
    [match.agent, agent],
    [match.skill, skill],
    [match.tool, action.tool],
    [match.type, action.type],
  ]
  if (!named.every(([globs, name]) => globs === undefined || (name !== undefined && globs.some((glob) => isLike(name, glob, anyCase))))) return false
  if (match.source && !match.source.includes(source)) return false
  const risk = saidRisk(judged)
  if (match.risk && !(risk && match.risk.includes(risk))) return false
  if (match.args === undefined) return true
  try {
    return Boolean(evaluate(match.args, action.args))
  } catch {
    return effect !== 'allow'
  }
}

/** What plans and agents want a person for is of medium risk where they do not say. */
function saidRisk({ source, said }: JudgedAction): RiskLevel | undefined {
  return said.risk ?? (source === 'policy' ? undefined : 'medium')
}

function highest(risks: readonly (RiskLevel | undefined)[]): RiskLevel | undefined {
  return RISKS.findLast((risk) => risks.includes(risk))
}

function isHigh(risk: RiskLevel | undefined): boolean {
  return risk === 'high' || risk === 'critical'
}

function reasonsOf({ source, agent, said }: JudgedAction, rule: PolicyRule | undefined): string[] {
  const who = source === 'agent' ? `Agent '${agent}'` : 'The plan'
  return [...(said.risk ? [`${who} says ${said.risk}.`] : []), ...(rule?.risk ? [`Policy '${rule.id}' says ${rule.risk}.`] : [])]
}

function whyOf({ said }: JudgedAction, rule: PolicyRule | undefined): string | null {
  const why = [rule?.why, said.why].filter((text) => text !== undefined && text !== '').join('\n')
  return why === '' ? null : toShort(why, WHY_CHARS)
}

function isLike(name: string, glob: string, anyCase: boolean): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`, anyCase ? 'isu' : 'su').test(name)
}
