import { AppError } from '@signalbox/errors'

import { ALIAS_NAMES, isMistakenAlias } from '../core/model-aliases.ts'

/** @throws AppError for a model's name that can only have been meant for us, and is none of ours. */
export function requireKnownAlias(model: string): void {
  if (!isMistakenAlias(model)) return
  throw new AppError('model_not_found', `model: '${model}' does not exist. Ours are ${ALIAS_NAMES.join(', ')}; any other name goes to the upstream as it is.`, {
    param: 'model',
  })
}
