import type { Attributes } from '@opentelemetry/api'
import { ATTRIBUTES, type Telemetry } from '@signalbox/telemetry'
import OpenAI from 'openai'
import { Agent, fetch as undiciFetch } from 'undici'

import { WELL_KNOWN_PRICES, type PriceMap } from './prices.ts'
import { createRetry, type Retry } from './retry.ts'

/** Where a model lives and how patient we are with it. */
export interface ModelOptions {
  /** An OpenAI-compatible base URL, with its `/v1`. */
  baseUrl: string
  apiKey?: string | undefined
  model: string
  telemetry: Telemetry
  /** How long a whole answer, or a stream's first piece, may take. */
  timeoutMs?: number | undefined
  /** Tries beyond the first, for what failed before its first byte. */
  retries?: number | undefined
  retryBaseMs?: number | undefined
  prices?: PriceMap | undefined
}

export const DEFAULT_TIMEOUT_MS = 60_000

/** A client for one endpoint, and what is known of that endpoint. */
export interface Connection {
  readonly client: OpenAI
  readonly host: string
  readonly timeoutMs: number
  readonly prices: PriceMap
  readonly retry: Retry
  readonly isOpenAI: boolean
  attributes(operation: 'chat' | 'embeddings'): Attributes
  close(): Promise<void>
}

/** Opens sockets as they are needed; they are given back by `close`. */
export function openConnection(options: ModelOptions): Connection {
  const url = new URL(options.baseUrl)
  const isOpenAI = url.hostname === 'api.openai.com'
  // Deadlines are ours alone: undici's own would cut long answers in words of its own.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } })
  return {
    client: createClient(options, agent),
    host: url.host,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    prices: options.prices ?? WELL_KNOWN_PRICES,
    retry: createRetry({ retries: options.retries ?? 2, baseMs: options.retryBaseMs ?? 300 }),
    isOpenAI,
    attributes: (operation) => ({
      [ATTRIBUTES.operation]: operation,
      [ATTRIBUTES.provider]: isOpenAI ? 'openai' : 'openai_compatible',
      [ATTRIBUTES.requestModel]: options.model,
      [ATTRIBUTES.serverAddress]: url.hostname,
      [ATTRIBUTES.serverPort]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    }),
    close: () => agent.destroy(),
  }
}

/** Longer than any deadline of ours; the client insists on a clock of its own. */
const NO_CLIENT_TIMEOUT_MS = 2_147_483_647

/** Everything that the client would else read from the environment by itself is said here: configuration comes in at one door. */
function createClient({ baseUrl, apiKey }: ModelOptions, agent: Agent): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: NO_CLIENT_TIMEOUT_MS,
    // An endpoint without keys must not be shown one that we made up.
    ...(apiKey === undefined && { defaultHeaders: { authorization: null } }),
    fetch: (input, init) => fetchThrough(agent, input, init),
  })
}

/** undici's own `fetch`, because Node's global one does not take another version's agent; the two differ in their types' names only. */
function fetchThrough(agent: Agent, input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
  const fetch = undiciFetch as unknown as (input: string | URL | Request, init: RequestInit) => Promise<Response>
  const through: object = { ...init, dispatcher: agent }
  return fetch(input, through)
}
