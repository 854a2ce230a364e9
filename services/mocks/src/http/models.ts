import { AppError } from '@signalbox/errors'

/** The models that there are. Both chat models are the same rules; two names let roles be told apart in logs. */
export const SCRIPTED_MODELS = ['scripted-large', 'scripted-small', 'scripted-embedding'] as const
export type ScriptedModel = (typeof SCRIPTED_MODELS)[number]

/** OpenAI's names are taken too, so that a default configuration works unchanged; answers name the model that gave them. */
const STAND_INS: readonly { name: RegExp; model: ScriptedModel }[] = [
  { name: /^text-embedding-/, model: 'scripted-embedding' },
  { name: /^(?:gpt-|chatgpt-|o\d).*(?:mini|nano)/, model: 'scripted-small' },
  { name: /^(?:gpt-|chatgpt-|o\d)/, model: 'scripted-large' },
]

/** @throws AppError model_not_found */
export function requireModel(name: string, purpose: 'chat' | 'embeddings'): ScriptedModel {
  const model = SCRIPTED_MODELS.find((candidate) => candidate === name) ?? STAND_INS.find((standIn) => standIn.name.test(name))?.model
  if (model === undefined)
    throw new AppError('model_not_found', `The model '${name}' does not exist. The scripted models are: ${SCRIPTED_MODELS.join(', ')}.`, { param: 'model' })
  if ((model === 'scripted-embedding') !== (purpose === 'embeddings'))
    throw new AppError('invalid_request', `The model '${name}' is not for ${purpose}.`, {
      param: 'model',
    })
  return model
}

/** As `/v1/models` shows one. `created` is a constant: the scripted models do not change from run to run. */
export function describeModel(id: string): {
  id: string
  object: 'model'
  created: number
  owned_by: string
} {
  return { id, object: 'model', created: 1_767_225_600, owned_by: 'signalbox' }
}
