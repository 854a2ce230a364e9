import { AppError } from '@signalbox/errors'
import type { Hono } from 'hono'

import type { ModelEntry } from '../core/list-models.ts'
import type { GatewayEnv } from './gateway-env.ts'

/** `GET /models` and `GET /models/{id}`; ids may hold slashes (`meta-llama/Llama-3`). */
export function mountModels(v1: Hono<GatewayEnv>, listModels: (owner: string) => Promise<ModelEntry[]>): void {
  v1.get('/models', async (c) => c.json({ object: 'list', data: await listModels(c.get('owner')) }))
  v1.get('/models/:id{.+}', async (c) => {
    const id = c.req.param('id')
    const model = (await listModels(c.get('owner'))).find((candidate) => candidate.id === id)
    if (!model) throw new AppError('model_not_found', `The model '${id.slice(0, 256)}' does not exist.`, { param: 'model' })
    return c.json(model)
  })
}
