import { readConfig } from '@signalbox/config'
import { openOrchestrator, orchestratorConfigSchema } from '@signalbox/orchestrator'
import { listen } from '@signalbox/service-kit'

/** An orchestrator as a process of its own, that says what it holds in memory when asked. */
const config = readConfig('orchestrator', orchestratorConfigSchema, process.env)
const listening = await listen(await openOrchestrator(config), { host: '127.0.0.1', port: config.PORT, guarded: false })
process.send?.({ url: listening.url })
process.on('message', () => {
  // Twice: what the first collection finalizes, the second frees.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ bytes: heapUsed + external })
})
process.on('disconnect', () => process.exit())
