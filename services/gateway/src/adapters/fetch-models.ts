import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { ModelEntry } from '../core/list-models.ts'
import type { ModelUpstream } from './model-upstream.ts'

const MOST_MODELS = 5_000

const modelListSchema = z.looseObject({
  data: z.array(
    z.looseObject({ id: z.string().min(1).max(256), created: z.number().nullish().catch(undefined), owned_by: z.string().nullish().catch(undefined) }),
  ),
})

/** The upstream's own list of models. @throws what the network throws, or AppError for an answer that is none. */
export async function fetchModels(upstream: ModelUpstream, signal: AbortSignal): Promise<ModelEntry[]> {
  const { status, json } = await upstream.get('/models', signal)
  const parsed = modelListSchema.safeParse(json)
  if (status !== 200 || !parsed.success) throw new AppError('upstream_invalid', `The model endpoint ${upstream.host} has no list of models (status ${status}).`)
  return parsed.data.data
    .slice(0, MOST_MODELS)
    .map(({ id, created, owned_by: owner }) => ({ id, object: 'model', created: created ?? 0, owned_by: owner ?? 'upstream' }))
}
