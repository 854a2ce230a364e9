import { AppError, isAbortError, toAppError } from '@signalbox/errors'
import { bulkhead, type BulkheadPolicy } from 'cockatiel'

import { isAgentFault, type Breakers } from '../core/breaker.ts'

/**
 * What every call to an agent passes: its breaker, which all replicas share, and the places that this
 * replica has for calls to one agent at a time.
 */
export interface AgentGate {
  /** @throws AppError `agent_unavailable`, with `details.resting`, while the agent's breaker is open. */
  enter(agent: string, signal: AbortSignal): Promise<Pass>
  /** Calls under way to an agent. */
  callsTo(agent: string): number
}

/** One call's leave to be made. Leaving it without a verdict says nothing about the agent. */
export interface Pass extends AsyncDisposable {
  succeeded(): void
  failed(error: unknown): void
}

/** A rest longer than this is not waited for. */
const LONGEST_WAIT_MS = 5_000
const PROBED_WAIT_MS = 500

export function createAgentGate(options: { breakers: Breakers; callsAtOnce: number }): AgentGate {
  const { breakers } = options
  const places = new Map<string, BulkheadPolicy>()
  const underWay = new Map<string, number>()

  function placesOf(agent: string): BulkheadPolicy {
    const known = places.get(agent) ?? bulkhead(options.callsAtOnce, Number.MAX_SAFE_INTEGER)
    places.set(agent, known)
    return known
  }

  function count(agent: string, change: 1 | -1): void {
    underWay.set(agent, (underWay.get(agent) ?? 0) + change)
  }

  return {
    callsTo: (agent) => underWay.get(agent) ?? 0,
    async enter(agent, signal) {
      const leave = await takePlace(placesOf(agent), signal)
      const admission = await breakers.admit(agent).catch((error: unknown) => {
        leave()
        throw error
      })
      if (!admission.admitted) {
        leave()
        // While another call is the probe, how that one ends will be known soon.
        const isProbed = (await breakers.read([agent])).get(agent)?.state === 'half-open'
        throw resting(agent, isProbed ? PROBED_WAIT_MS : Math.max(0, admission.retryAt - Date.now()))
      }
      count(agent, 1)
      let outcome: 'success' | 'failure' | 'abandoned' = 'abandoned'
      return {
        succeeded() {
          outcome = 'success'
        },
        failed(error) {
          if (outcome === 'abandoned') outcome = verdictOn(error, signal)
        },
        async [Symbol.asyncDispose]() {
          count(agent, -1)
          leave()
          await breakers.settle(agent, outcome, admission)
        },
      }
    },
  }
}

/** A call that we ended ourselves has no verdict, unless its time was up. */
function verdictOn(error: unknown, signal: AbortSignal): 'success' | 'failure' | 'abandoned' {
  if (signal.aborted) return isAbortError(signal.reason) && toAppError(signal.reason).code === 'deadline_exceeded' ? 'failure' : 'abandoned'
  return isAgentFault(toAppError(error)) ? 'failure' : 'success'
}

function resting(agent: string, retryAfterMs: number): AppError {
  return new AppError('agent_unavailable', `Agent '${agent}' has failed again and again; it is asked again in ${Math.ceil(retryAfterMs / 1_000)} s.`, {
    retryable: retryAfterMs <= LONGEST_WAIT_MS,
    retryAfterMs,
    details: { resting: true },
  })
}

/** Settles when there is a place; what it answers gives the place back. */
async function takePlace(policy: BulkheadPolicy, signal: AbortSignal): Promise<() => void> {
  const held = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<void>()
  policy
    .execute(() => {
      taken.resolve()
      return held.promise
    }, signal)
    .catch((error: unknown) => taken.reject(signal.aborted ? signal.reason : error))
  signal.addEventListener('abort', () => taken.reject(signal.reason), { once: true })
  try {
    await taken.promise
  } catch (error) {
    // A place that is given after nobody waits for it any more is given back at once.
    held.resolve()
    throw error
  }
  return () => held.resolve()
}
