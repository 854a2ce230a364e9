import type { IncomingMessage, ServerResponse } from 'node:http'

import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { readRequestId, type FirstHandler } from '@signalbox/service-kit'
import type { Telemetry } from '@signalbox/telemetry'

import type { SetCorsHeaders } from './cors.ts'
import type { Exchange, GatewayEnv, RequestRecord } from './gateway-env.ts'
import { createObserver } from './observe.ts'
import { openAnswerHeaders } from './openai-headers.ts'
import { renderError } from './render-error.ts'
import type { ReadCaller } from './require-api-key.ts'

export interface FrontDoorOptions {
  telemetry: Telemetry
  readCaller: ReadCaller
  setCorsHeaders?: SetCorsHeaders | undefined
  /** By path: what is posted so often that the way to it must be short. The very handlers that Hono has at these paths. */
  handlers: ReadonlyMap<string, (exchange: Exchange) => Promise<Response>>
}

/**
 * The short way to the handlers of the simple path, past the router and its chain: key check, request id, log fields and
 * observation are the same functions that stand in that chain. Whatever is out of the ordinary (another method, a query,
 * a key that is none of ours) is left to Hono, so that nothing is decided twice.
 */
export function createFrontDoor({ telemetry, readCaller, setCorsHeaders, handlers }: FrontDoorOptions): FirstHandler {
  const observer = createObserver(telemetry)

  const answer = (handler: (exchange: Exchange) => Promise<Response>, route: string, exchange: DoorExchange): Promise<void> => {
    const { incoming, outgoing } = exchange.env
    const { requestId, owner, record } = exchange.variables
    return observer.observe({ incoming, method: 'POST', path: route, route, requestId, owner, record }, async () => {
      let failure: Error | undefined
      let response: Response
      try {
        response = await handler(exchange)
      } catch (error) {
        failure = error as Error
        response = renderError(error, telemetry)
      }
      if (response === RESPONSE_ALREADY_SENT) return { status: outgoing.statusCode }
      for (const [name, value] of Object.entries(openAnswerHeaders(exchange))) if (!response.headers.has(name)) response.headers.set(name, value)
      const { status } = response
      await send(response, exchange.env)
      return { status, error: failure }
    })
  }

  return (incoming, outgoing) => {
    if (incoming.method !== 'POST') return false
    const route = incoming.url as string
    const handler = handlers.get(route)
    if (!handler) return false
    const caller = readCaller(incoming)
    if ('refused' in caller) return false
    setCorsHeaders?.(incoming, outgoing)
    const requestId = readRequestId(incoming)
    const exchange = new DoorExchange({ incoming, outgoing }, { requestId, startedAt: performance.now(), record: {}, ...caller })
    const giveUp = (error: unknown): void => {
      telemetry.log.error({ err: error }, 'a request could not be answered')
      outgoing.destroy()
    }
    try {
      answer(handler, route, exchange).catch(giveUp)
    } catch (error) {
      giveUp(error)
    }
    return true
  }
}

class DoorExchange implements Exchange {
  readonly env: GatewayEnv['Bindings']
  readonly variables: GatewayEnv['Variables'] & { record: RequestRecord }

  constructor(env: { incoming: IncomingMessage; outgoing: ServerResponse }, variables: GatewayEnv['Variables']) {
    this.env = env
    this.variables = variables
  }

  get<Name extends keyof GatewayEnv['Variables']>(name: Name): GatewayEnv['Variables'][Name] {
    return this.variables[name]
  }
}

/** As Hono's own listener sends what its app answers: what is left of the request's body is its business too. */
async function send(response: Response, { incoming, outgoing }: GatewayEnv['Bindings']): Promise<void> {
  await getRequestListener(() => response, { overrideGlobalObjects: false })(incoming, outgoing)
}
