import cluster from 'node:cluster'

import type { Telemetry } from '@signalbox/telemetry'

import type { ToPrimary, ToWorker } from './messages.ts'

/** How long the others' metrics are waited for; then a worker says its own. */
const ASK_MS = 5_000

/** Orders to stop, from whoever may give them. */
export interface StopOrders {
  /** Settles when the service is to drain and end. */
  stop: Promise<void>
  /** Settles when it is to end at once. */
  now: Promise<void>
}

/** This process's number among the workers of a primary; undefined for a process of its own. */
export function workerNumber(): number | undefined {
  return cluster.isWorker ? cluster.worker?.id : undefined
}

/**
 * A worker's side of the link: it tells the primary that it is ready, says its metrics when asked, and stops when told.
 * Signals are the primary's to hear: those of a terminal or an init reach every process at once.
 */
export function followPrimary(telemetry: Telemetry, url: string): StopOrders {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  const stop = Promise.withResolvers<void>()
  const now = Promise.withResolvers<void>()
  process.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'stop':
        return stop.resolve()
      case 'now':
        return now.resolve()
      case 'say-metrics':
        void telemetry.readMetrics().then((text) => tell({ type: 'my-metrics', id: message.id, text }))
        return
      case 'all-metrics':
        asked.get(message.id)?.(message.text)
    }
  })
  tell({ type: 'ready', url })
  return { stop: stop.promise, now: now.promise }
}

const asked = new Map<number, (text: string) => void>()
let questions = 0

/** The metrics of the service: of all its workers where it has some. */
export async function readServiceMetrics(telemetry: Telemetry): Promise<string> {
  if (!cluster.isWorker || !process.connected) return await telemetry.readMetrics()
  const id = ++questions
  const answer = Promise.withResolvers<string | undefined>()
  asked.set(id, answer.resolve)
  const timer = setTimeout(() => answer.resolve(undefined), ASK_MS)
  try {
    tell({ type: 'ask-metrics', id })
    return (await answer.promise) ?? (await telemetry.readMetrics())
  } finally {
    clearTimeout(timer)
    asked.delete(id)
  }
}

/** Lets go of the primary, so that the process can end. */
export function leavePrimary(): void {
  cluster.worker?.disconnect()
}

function tell(message: ToPrimary): void {
  // A primary that is gone takes its workers with it; what is told it on the way is told nobody.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
