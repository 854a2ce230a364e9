import { readConfig } from '@signalbox/config'
import { runService } from '@signalbox/service-kit'

import { openRag } from './app.ts'
import { ragConfigSchema } from './config.ts'

await runService(async (environment) => {
  const config = readConfig('rag', ragConfigSchema, environment)
  return { service: await openRag(config), listen: { host: config.HOST, port: config.PORT, guarded: config.SERVICE_TOKEN !== undefined } }
})
