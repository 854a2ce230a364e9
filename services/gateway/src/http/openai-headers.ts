import type { RoutingDecision } from '@signalbox/contracts'
import type { MiddlewareHandler } from 'hono'

import type { GatewayEnv } from './gateway-env.ts'
import { toRouteHeaders } from './routing-headers.ts'

/** The version of OpenAI's API whose words we speak, as OpenAI itself answers it. */
export const OPENAI_VERSION = '2020-10-01'

/**
 * What OpenAI's clients and their logs read from every answer, errors included: which version it is in, and how long
 * it took. Stands before the key check. What is written past Hono says it by itself, with `openAnswerHeaders`.
 */
export function sayOpenAIHeaders(): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const startedAt = performance.now()
    c.set('startedAt', startedAt)
    await next()
    if (c.env.outgoing.headersSent) return
    c.header('openai-version', OPENAI_VERSION)
    c.header('openai-processing-ms', toProcessingMs(startedAt))
  }
}

/** The names of what every answer says itself, whatever an upstream says under them. */
export const ANSWER_HEADERS = ['x-request-id', 'openai-version', 'openai-processing-ms'] as const

/** As much of a request's context as is looked at. */
interface Known {
  get<Name extends 'requestId' | 'startedAt'>(name: Name): GatewayEnv['Variables'][Name]
}

/** The headers of an answer that is still to be made. How long it took is read when they are: of a stream, until its first byte. */
export function openAnswerHeaders(c: Known): Record<string, string> {
  const startedAt = c.get('startedAt') ?? performance.now()
  return {
    'x-request-id': c.get('requestId'),
    'openai-version': OPENAI_VERSION,
    get 'openai-processing-ms'() {
      return toProcessingMs(startedAt)
    },
  }
}

/** What we say beside an upstream's headers, as the one who sends them wants it. */
export interface OurHeaders {
  /** Puts them into Node's flat list: name, value, name, value. */
  addTo(list: string[]): void
}

/** An answer's headers, which grow on the way. As an object they are made where somebody asks for one: most answers never need it. */
export class AnswerHeaders implements OurHeaders {
  readonly #known: Known
  readonly #startedAt: number
  #route: RoutingDecision | undefined
  #object: Record<string, string> | undefined

  constructor(known: Known) {
    this.#known = known
    this.#startedAt = known.get('startedAt') ?? performance.now()
  }

  /** The same one each time: what is put into it stays. */
  get object(): Record<string, string> {
    this.#object ??= Object.assign(openAnswerHeaders(this.#known), this.#route && toRouteHeaders(this.#route))
    return this.#object
  }

  sayRoute(route: RoutingDecision): void {
    this.#route = route
    if (this.#object) Object.assign(this.#object, toRouteHeaders(route))
  }

  addTo(list: string[]): void {
    if (this.#object) {
      for (const [name, value] of Object.entries(this.#object)) list.push(name, value)
      return
    }
    list.push('x-request-id', this.#known.get('requestId'), 'openai-version', OPENAI_VERSION, 'openai-processing-ms', toProcessingMs(this.#startedAt))
    if (!this.#route) return
    const { 'x-signalbox-route': way, 'x-signalbox-route-reason': reason } = toRouteHeaders(this.#route)
    list.push('x-signalbox-route', way, 'x-signalbox-route-reason', reason)
  }
}

function toProcessingMs(startedAt: number): string {
  return String(Math.round(performance.now() - startedAt))
}
