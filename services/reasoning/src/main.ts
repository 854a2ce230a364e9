import { readConfig } from '@signalbox/config'
import { runService } from '@signalbox/service-kit'

import { openReasoning } from './app.ts'
import { reasoningConfigSchema } from './config.ts'

await runService(async (environment) => {
  const config = readConfig('reasoning', reasoningConfigSchema, environment)
  return { service: await openReasoning(config), listen: { host: config.HOST, port: config.PORT, guarded: config.SERVICE_TOKEN !== undefined } }
})
