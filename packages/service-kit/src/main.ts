import cluster from 'node:cluster'

import { ConfigError, type Environment } from '@signalbox/config'

import { listen, type ListenOptions, type Service } from './run-service.ts'
import { followSignals } from './stop-signal.ts'
import { runWorkers, type WorkersOptions } from './workers/run-workers.ts'
import { followPrimary, leavePrimary, workerNumber } from './workers/worker-link.ts'

/**
 * A service's whole life as its own process: read the configuration, open the port, serve until
 * SIGINT or SIGTERM, drain, end. A second signal stops at once. As a worker it hears all this from its primary.
 */
export async function runService(
  open: (environment: Environment) => Promise<{ service: Service; listen: ListenOptions }>,
  /** How it is shared among several processes; undefined for one. */
  planWorkers: (environment: Environment) => WorkersOptions | undefined = () => undefined,
): Promise<void> {
  try {
    const workers = cluster.isPrimary ? planWorkers(process.env) : undefined
    if (workers) return await runWorkers(workers)
    const { service, listen: options } = await open(process.env)
    const listening = await listen(service, options)
    const { log } = service.telemetry
    log.info({ url: listening.url }, `${listening.name} is ready`)
    const orders = workerNumber() === undefined ? followSignals() : followPrimary(service.telemetry, listening.url)
    await orders.stop
    log.info(`${listening.name} is stopping`)
    void orders.now.then(() => listening.now())
    await listening.stop()
  } catch (error) {
    process.exitCode = 1
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
  } finally {
    leavePrimary()
  }
}
