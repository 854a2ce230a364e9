import { AppError } from '@signalbox/errors'

import { isModelAlias } from './model-aliases.ts'
import type { SessionBudget } from './orchestrator.ts'

/** How sure the local router must be before it decides alone, 0.5 to 1, for either answer. */
export interface LocalThresholds {
  simple: number
  complex: number
}

/** What an operator can say about some keys and models. What is left out is said by a later rule, or by nobody. */
export interface PolicySettings {
  /** `auto` has requests judged, also those that name a model of the upstream. */
  route?: 'auto' | 'simple' | 'complex' | undefined
  /** Whether the key may begin sessions at all. */
  orchestrate?: boolean | undefined
  /** The only models that the key may name, as globs. */
  models?: readonly string[] | undefined
  /** Which model of the upstream a name stands for. */
  aliases?: Readonly<Record<string, string>> | undefined
  /** The most that a session may spend. */
  budget?: SessionBudget | undefined
  classifier?: boolean | undefined
  local?: false | LocalThresholds | undefined
  speculate?: boolean | undefined
  sticky?: boolean | undefined
}

export interface PolicyRule extends PolicySettings {
  id: string
  /** Globs over the owner's name and the model's; all that is named must match. */
  match: { key?: readonly string[] | undefined; model?: readonly string[] | undefined }
}

export interface RoutingRules {
  rules: readonly PolicyRule[]
  defaults: PolicySettings
}

/** What holds for one key and one model: every setting from the first rule that makes it. */
export interface RoutingPolicy {
  /** Undefined where no rule speaks of it: aliases are judged, and a model by its own name is simple. */
  route: 'auto' | 'simple' | 'complex' | undefined
  /** Ids of the rules that made it, and which one made which setting. */
  rules: Readonly<Partial<Record<keyof PolicySettings, string>>>
  orchestrate: boolean
  models: readonly string[] | undefined
  /** What the request's model is called upstream, where that is another name. */
  upstreamModel: string | undefined
  budget: SessionBudget | undefined
  classifier: boolean
  local: false | LocalThresholds
  /** Undefined where the gateway's own setting holds. */
  speculate: boolean | undefined
  sticky: boolean
}

export interface RoutingPolicies {
  of(owner: string, model: string): RoutingPolicy
  /** The names beside our aliases that stand for models of the upstream. */
  aliasesOf(owner: string): string[]
  /** Whether the key may name this model. */
  allows(owner: string, model: string): boolean
}

/** What holds where nobody has written anything. */
export const NO_ROUTING_RULES: RoutingRules = { rules: [], defaults: {} }

/** As sure as the local router itself wants to be. */
const AS_SURE_AS_IT_IS: LocalThresholds = { simple: 0, complex: 0 }
/** Models' names are the callers'. */
const MOST_REMEMBERED = 10_000

/** @param model what our aliases stand for where no rule says otherwise. */
export function createPolicies({ rules, defaults }: RoutingRules, model: string): RoutingPolicies {
  const remembered = new Map<string, Map<string, RoutingPolicy>>()
  let count = 0
  const all: readonly (PolicySettings & { id: string; match?: PolicyRule['match'] })[] = [...rules, { ...defaults, id: 'defaults' }]
  return {
    aliasesOf: (owner) => {
      const names = all.filter(({ match }) => isNamed(match?.key, owner)).flatMap(({ aliases }) => Object.keys(aliases ?? {}))
      return [...new Set(names)].filter((name) => !isModelAlias(name))
    },
    // Without the memory of policies: whole lists are asked about.
    allows: (owner, name) => {
      const speaks = all.find(({ models, match }) => models !== undefined && isNamed(match?.key, owner) && isNamed(match?.model, name))
      return isNamed(speaks?.models, name)
    },
    of(owner, name) {
      // Without rules all owners have one policy for a name.
      const whose = rules.length === 0 ? '' : owner
      const ofOwner = remembered.get(whose) ?? new Map<string, RoutingPolicy>()
      const known = ofOwner.get(name)
      if (known) return known
      if (count >= MOST_REMEMBERED) {
        remembered.clear()
        ofOwner.clear()
        count = 0
      }
      const matching = all.filter(({ match }) => isNamed(match?.key, owner) && isNamed(match?.model, name))
      const policy = toPolicy(matching, name, model)
      remembered.set(whose, ofOwner.set(name, policy))
      count += 1
      return policy
    },
  }
}

function toPolicy(rules: readonly (PolicySettings & { id: string })[], name: string, model: string): RoutingPolicy {
  const made: Partial<Record<keyof PolicySettings, string>> = {}
  const first = <Name extends keyof PolicySettings>(setting: Name): PolicySettings[Name] => {
    const rule = rules.find((candidate) => candidate[setting] !== undefined)
    if (rule) made[setting] = rule.id
    return rule?.[setting]
  }
  // A rule that names other aliases has not spoken of this one.
  const naming = rules.find(({ aliases }) => aliases !== undefined && Object.hasOwn(aliases, name))
  if (naming) made.aliases = naming.id
  return {
    route: first('route'),
    orchestrate: first('orchestrate') ?? true,
    models: first('models'),
    upstreamModel: naming?.aliases?.[name] ?? (isModelAlias(name) ? model : undefined),
    budget: first('budget'),
    classifier: first('classifier') ?? true,
    local: first('local') ?? AS_SURE_AS_IT_IS,
    speculate: first('speculate'),
    sticky: first('sticky') ?? true,
    rules: made,
  }
}

function isNamed(globs: readonly string[] | undefined, name: string): boolean {
  return globs === undefined || globs.some((glob) => isLike(name, glob))
}

/** `*` stands for any characters, `?` for one; the case counts, as it does in keys' and models' names. */
export function isLike(name: string, glob: string): boolean {
  // By hand and not by a pattern: one of many stars would take a pattern for ever.
  let at = 0
  let character = 0
  let star = -1
  let resume = 0
  while (character < name.length) {
    if (glob[at] === '*') {
      star = at++
      resume = character
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === name[character])) {
      at++
      character++
    } else if (star !== -1) {
      at = star + 1
      character = ++resume
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

/**
 * Whether the key may name this model at all.
 *
 * @throws AppError `permission_denied`.
 */
export function requireAllowedModel(policy: RoutingPolicy, model: string): void {
  if (isAllowed(policy, model)) return
  throw new AppError('permission_denied', `model: this key may not use '${model.slice(0, 256)}'. It may use ${(policy.models ?? []).join(', ')}.`, {
    param: 'model',
  })
}

function isAllowed({ models }: RoutingPolicy, model: string): boolean {
  return isNamed(models, model)
}

/** What a session may spend: what was asked for, and no more than the policy gives. */
export function withinBudget(asked: SessionBudget | undefined, most: SessionBudget | undefined): SessionBudget | undefined {
  if (!most) return asked
  const budget: SessionBudget = { ...asked }
  for (const limit of ['deadline_s', 'tokens', 'usd'] as const) {
    const value = most[limit]
    if (value !== undefined) budget[limit] = Math.min(budget[limit] ?? value, value)
  }
  return budget
}
