import { readConfig } from '@signalbox/config'
import { runService } from '@signalbox/service-kit'
import { createLogger } from '@signalbox/telemetry'

import { gatewayConfigSchema } from './config.ts'
import { createDevKey } from './core/api-keys.ts'

await runService(
  async (environment) => {
    const config = readConfig('gateway', gatewayConfigSchema, environment)
    // Only where somebody is answered: of several workers the primary needs none of it.
    const { openGateway } = await import('./app.ts')
    const service = await openGateway(config)
    // To the person at the terminal, once; the log never holds a key.
    if (service.devApiKey !== undefined) tellDevKey(service.devApiKey)
    if (service.consolePassword !== undefined)
      process.stderr.write(`The console at /console has one user, admin, with the password ${service.consolePassword}\n`)
    // Every call needs a key, so the gateway may listen anywhere.
    return { service, listen: { host: config.HOST, port: config.PORT, guarded: true } }
  },
  (environment) => {
    const config = readConfig('gateway', gatewayConfigSchema, environment)
    if (config.GATEWAY_WORKERS === 1) return undefined
    const devKey = config.SIGNALBOX_API_KEYS.length === 0 ? createDevKey() : undefined
    if (devKey !== undefined) tellDevKey(devKey)
    return {
      name: 'gateway',
      count: config.GATEWAY_WORKERS,
      log: createLogger({ service: 'gateway', level: config.LOG_LEVEL }),
      // Made once, so that all workers know the same one.
      environment: devKey === undefined ? {} : { SIGNALBOX_API_KEYS: `dev:${devKey}` },
    }
  },
)

function tellDevKey(key: string): void {
  process.stderr.write(`SIGNALBOX_API_KEYS is not set. For this run the key is ${key}\n`)
}
