import { ConfigError, type Environment } from '@signalbox/config'

import { listen, type ListenOptions, type Service } from './run-service.ts'

/**
 * A service's whole life as its own process: read the configuration, open the port, serve until
 * SIGINT or SIGTERM, drain, end. A second signal stops at once.
 */
export async function runService(open: (environment: Environment) => Promise<{ service: Service; listen: ListenOptions }>): Promise<void> {
  try {
    const { service, listen: options } = await open(process.env)
    const listening = await listen(service, options)
    service.telemetry.log.info({ url: listening.url }, `${listening.name} is ready`)
    await stopSignal()
    service.telemetry.log.info(`${listening.name} is stopping`)
    void stopSignal().then(() => listening.now())
    await listening.stop()
  } catch (error) {
    process.exitCode = 1
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
  }
}

/** Settles at the next SIGINT or SIGTERM. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
