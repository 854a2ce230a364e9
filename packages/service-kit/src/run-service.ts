import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'

import { getRequestListener } from '@hono/node-server'
import { ConfigError } from '@signalbox/config'
import type { Telemetry } from '@signalbox/telemetry'

import { closeAfterRequests } from './close-after-requests.ts'
import type { HttpApp } from './http-app.ts'
import { answerUnreadable, refuseWithoutOneHost, refuseUnreadable } from './refuse-unreadable.ts'
import { DEFAULT_LIMITS, toServerOptions, type ServerLimits } from './server-limits.ts'

/** Answers a request on Node's own response, past the app; false for one that it leaves to the app. */
export type FirstHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

/** A service that has been put together and not yet opened to callers. */
export interface Service {
  readonly name: string
  readonly app: HttpApp
  readonly telemetry: Telemetry
  /** Sees every request before the app does. */
  readonly first?: FirstHandler
  /** What a caller can take by being slow, or many; sensible ones where nothing is said. */
  readonly limits?: ServerLimits
  /** Begins the work that no caller asks for (discovery, resuming sessions); runs once the port is open. */
  start?(): Promise<void>
  /** Stops taking new work and lets what runs come to an end or to a safe point, until `signal` aborts. */
  drain?(signal: AbortSignal): Promise<void>
  /** Gives back what the service holds. */
  close(): Promise<void>
}

export interface Listening {
  readonly name: string
  readonly url: string
  /** Drains for at most `graceMs`, then closes. Calling `now()` cuts the drain short. */
  stop(graceMs?: number): Promise<void>
  now(): void
}

export interface ListenOptions {
  host: string
  port: number
  /** Whether the service asks callers for a credential; one that does not stays on loopback. */
  guarded: boolean
}

const DEFAULT_GRACE_MS = 10_000

/**
 * Opens a service's port.
 *
 * @throws ConfigError when the port is taken or not allowed, or when an unguarded service would be reachable from outside.
 */
export async function listen(service: Service, options: ListenOptions): Promise<Listening> {
  if (!options.guarded && !isLoopback(options.host)) {
    throw new ConfigError(service.name, [`SERVICE_TOKEN is not set, so ${service.name} listens on loopback only, not on ${options.host}`])
  }
  const server = createLimitedServer(service)
  await openPort(server, service.name, options)
  const { port } = server.address() as AddressInfo
  const stopNow = new AbortController()
  try {
    await service.start?.()
  } catch (error) {
    await closeServer(server, AbortSignal.abort())
    await service.close()
    throw error
  }
  let stopping: Promise<void> | undefined
  return {
    name: service.name,
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    stop: (graceMs = DEFAULT_GRACE_MS) => (stopping ??= stop(service, server, AbortSignal.any([stopNow.signal, AbortSignal.timeout(graceMs)]))),
    now: () => stopNow.abort(),
  }
}

function createLimitedServer({ app, first = () => false, limits = DEFAULT_LIMITS }: Service): Server {
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: answerUnreadable })
  const count = closeAfterRequests(limits.requestsPerConnection)
  const server = createServer(toServerOptions(limits), (incoming, outgoing) => {
    count(incoming, outgoing)
    return refuseWithoutOneHost(incoming, outgoing) || first(incoming, outgoing) || answer(incoming, outgoing)
  })
  server.maxConnections = limits.maxConnections
  server.timeout = limits.idleMs
  refuseUnreadable(server)
  return server
}

async function stop(service: Service, server: Server, signal: AbortSignal): Promise<void> {
  // The service hears first that the time is up: what it then says last is out before connections are cut.
  await Promise.all([service.drain?.(signal), closeServer(server, signal)])
  await service.close()
  await service.telemetry.close()
}

async function openPort(server: Server, name: string, { host, port }: ListenOptions): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new ConfigError(name, [portFault(error as NodeJS.ErrnoException, host, port)])
  }
}

function portFault(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') return `port ${port} on ${host} is taken: stop what listens there, or set another port`
  if (error.code === 'EACCES') return `port ${port} on ${host} needs more rights: set one above 1023`
  if (error.code === 'EADDRNOTAVAIL') return `${host} is not an address of this machine`
  return `port ${port} on ${host} cannot be opened (${error.code ?? error.message})`
}

/** Refuses new connections, lets running requests end until the signal aborts, then cuts them. */
async function closeServer(server: Server, signal: AbortSignal): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  // A kept-alive connection falls idle when its last answer is out, which Node tells nobody.
  const idle = setInterval(() => server.closeIdleConnections(), 25)
  if (signal.aborted) server.closeAllConnections()
  else signal.addEventListener('abort', () => server.closeAllConnections(), { once: true })
  await closed
  clearInterval(idle)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
