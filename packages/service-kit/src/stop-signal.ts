import type { StopOrders } from './workers/worker-link.ts'

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

/** The first signal says to stop, the second to do so at once. */
export function followSignals(): StopOrders {
  const first = stopSignal()
  return { stop: first.then(() => undefined), now: first.then(stopSignal).then(() => undefined) }
}
