import { ALIAS_NAMES, MODEL_ALIASES } from './model-aliases.ts'
import type { RoutingPolicies } from './routing-policy.ts'

/** A model as OpenAI lists it. */
export interface ModelEntry {
  id: string
  object: 'model'
  created: number
  owned_by: string
}

export interface ListModelsOptions {
  /** The port to the upstream's own list. May throw. */
  fetchModels: (signal: AbortSignal) => Promise<ModelEntry[]>
  /** What the aliases stand for: known also where the upstream's list is not. */
  model: string
  policies: RoutingPolicies
  timeoutMs: number
  maxAgeMs: number
  now?: () => number
}

/**
 * What a key may name: the aliases, those of its own, then what the upstream has. The upstream's list is kept for a
 * while, and its last one stays good while it does not answer.
 */
export function createModelList(options: ListModelsOptions): (owner: string) => Promise<ModelEntry[]> {
  const { fetchModels, model, policies, timeoutMs, maxAgeMs, now = Date.now } = options
  const aliases = ALIAS_NAMES.map((id) => toEntry(id, 'signalbox'))
  let kept: { at: number; models: Promise<ModelEntry[]> } | undefined
  let last: ModelEntry[] = [toEntry(model, 'upstream')]

  const refresh = async (): Promise<ModelEntry[]> => {
    try {
      const found = await fetchModels(AbortSignal.timeout(timeoutMs))
      last = found.some(({ id }) => id === model) ? found : [toEntry(model, 'upstream'), ...found]
    } catch {
      // The last list is the best there is; `/readyz` says how the upstream is.
    }
    return last
  }
  const isUsable = (owner: string, id: string): boolean =>
    policies.allows(owner, id) && (id !== MODEL_ALIASES.orchestrated || policies.of(owner, id).orchestrate)
  return async (owner) => {
    if (!kept || now() - kept.at > maxAgeMs) kept = { at: now(), models: refresh() }
    const models = await kept.models
    const own = policies.aliasesOf(owner)
    const listed = [...aliases, ...own.map((id) => toEntry(id, 'signalbox')), ...models.filter(({ id }) => !ALIAS_NAMES.includes(id) && !own.includes(id))]
    return listed.filter(({ id }) => isUsable(owner, id))
  }
}

function toEntry(id: string, owner: string): ModelEntry {
  return { id, object: 'model', created: 0, owned_by: owner }
}
