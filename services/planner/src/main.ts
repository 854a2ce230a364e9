import { readConfig } from '@signalbox/config'
import { runService } from '@signalbox/service-kit'

import { openPlanner } from './app.ts'
import { plannerConfigSchema } from './config.ts'

await runService(async (environment) => {
  const config = readConfig('planner', plannerConfigSchema, environment)
  return { service: await openPlanner(config), listen: { host: config.HOST, port: config.PORT, guarded: config.SERVICE_TOKEN !== undefined } }
})
