/** The names that stand for the configured model, and say how a request is routed. */
export const MODEL_ALIASES = {
  auto: 'signalbox-auto',
  simple: 'signalbox-simple',
  orchestrated: 'signalbox-orchestrated',
} as const

export const ALIAS_NAMES: readonly string[] = Object.values(MODEL_ALIASES)

export function isModelAlias(model: string): boolean {
  return ALIAS_NAMES.includes(model)
}

/** A name that can only have been meant for us, and is none of ours. */
export function isMistakenAlias(model: string): boolean {
  return model.startsWith('signalbox-') && !isModelAlias(model)
}
