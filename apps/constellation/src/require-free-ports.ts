import { once } from 'node:events'
import { createServer } from 'node:net'

import { ConfigError } from '@signalbox/config'

/**
 * Tries every port before anything is started: a start that finds the last one taken has made a
 * database for nothing.
 *
 * @throws ConfigError naming every port that cannot be had.
 */
export async function requireFreePorts(wanted: readonly { name: string; host: string; port: number }[]): Promise<void> {
  const faults: string[] = []
  for (const { name, host, port } of wanted) {
    const probe = createServer()
    probe.listen(port, host)
    try {
      await once(probe, 'listening')
      await new Promise((resolve) => probe.close(resolve))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      faults.push(
        code === 'EADDRINUSE'
          ? `port ${port} on ${host} is taken: stop what listens there, or set another port for ${name}`
          : `port ${port} on ${host} cannot be opened for ${name} (${code})`,
      )
    }
  }
  if (faults.length > 0) throw new ConfigError('signalbox', faults)
}
