import { readConfig } from '@signalbox/config'
import { runService } from '@signalbox/service-kit'

import { openOrchestrator } from './app.ts'
import { orchestratorConfigSchema } from './config.ts'

await runService(async (environment) => {
  const config = readConfig('orchestrator', orchestratorConfigSchema, environment)
  return { service: await openOrchestrator(config), listen: { host: config.HOST, port: config.PORT, guarded: config.SERVICE_TOKEN !== undefined } }
})
