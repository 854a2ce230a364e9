import { AppError } from '@signalbox/errors'
import type { Hono } from 'hono'

import type { ModelEntry } from '../core/list-models.ts'
import type { GatewayEnv } from './gateway-env.ts'

/** `GET /models` and `GET /models/{id}`; ids may hold slashes (`meta-llama/Llama-3`). */
export function mountModels(v1: Hono<GatewayEnv>, listModels: () => Promise<ModelEntry[]>): void {
  v1.get('/models', async (c) => c.json({ object: 'list', data: await listModels() }))
  v1.get('/models/:id{.+}', async (c) => {
    const id = c.req.param('id')
    const model = (await listModels()).find((candidate) => candidate.id === id)
    if (!model) throw new AppError('model_not_found', `The model '${id.slice(0, 256)}' does not exist.`, { param: 'model' })
    return c.json(model)
  })
}
