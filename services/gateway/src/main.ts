import { readConfig } from '@signalbox/config'
import { runService } from '@signalbox/service-kit'

import { openGateway } from './app.ts'
import { gatewayConfigSchema } from './config.ts'

await runService(async (environment) => {
  const config = readConfig('gateway', gatewayConfigSchema, environment)
  const service = await openGateway(config)
  // To the person at the terminal, once; the log never holds a key.
  if (service.devApiKey !== undefined) process.stderr.write(`SIGNALBOX_API_KEYS is not set. For this run the key is ${service.devApiKey}\n`)
  if (service.consolePassword !== undefined) process.stderr.write(`The console at /console has one user, admin, with the password ${service.consolePassword}\n`)
  // Every call needs a key, so the gateway may listen anywhere.
  return { service, listen: { host: config.HOST, port: config.PORT, guarded: true } }
})
