/** The console's own API, beside the page. */
export const API = '/console/api'

/** What the API answered instead of what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  /** The whole answer: a conflict carries the approval as it stands. */
  readonly body: unknown

  constructor(status: number, facts: { code: string; message: string; requestId?: string | undefined; body?: unknown }) {
    super(facts.message)
    this.status = status
    this.code = facts.code
    this.requestId = facts.requestId
    this.body = facts.body
  }
}

let csrf = ''
let onSignedOut = (): void => undefined

/** What is done when the gateway says that nobody is signed in any more: a session has its end. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

/** Sent with everything that changes something. Known once somebody is signed in. */
export function setCsrf(token: string): void {
  csrf = token
}

export function csrfHeaders(): Record<string, string> {
  return { 'x-signalbox-csrf': csrf }
}

export interface Asked {
  body?: unknown
  /** The version that a change is made from. */
  version?: number
  signal?: AbortSignal
  /** Goes on though the page is left. */
  keepalive?: boolean
}

const PATIENCE_MS = 30_000
/** Here a wrong password is a wrong password. */
const SIGN_IN: ReadonlySet<string> = new Set(['/session', '/session/password'])

/** @throws ApiError for an answer that is none, and for a gateway that cannot be reached (status 0). */
export async function ask<Answer>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { body, version, signal, keepalive }: Asked = {},
): Promise<Answer> {
  const late = AbortSignal.timeout(PATIENCE_MS)
  const response = await fetch(`${API}${path}`, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(method !== 'GET' && csrfHeaders()),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(version !== undefined && { 'if-match': `"${version}"` }),
    },
    signal: signal ? AbortSignal.any([signal, late]) : late,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(keepalive && { keepalive }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new ApiError(0, { code: 'unreachable', message: 'The gateway cannot be reached. Is it running?' })
  })
  const answer = await readJson(response)
  if (response.ok) return answer as Answer
  if (response.status === 401 && !SIGN_IN.has(path)) onSignedOut()
  throw toApiError(response, answer)
}

export function toApiError(response: Response, body: unknown): ApiError {
  const { error } = (body ?? {}) as { error?: { message?: string; code?: string | null } }
  return new ApiError(response.status, {
    code: error?.code ?? `http_${response.status}`,
    message: error?.message ?? `The gateway answered ${response.status}.`,
    requestId: response.headers.get('x-request-id') ?? undefined,
    body,
  })
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `/approvals?status=pending`, without what is not said. */
export function withQuery(path: string, query: object): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '' && value !== null) words.set(name, String(value))
  return words.size === 0 ? path : `${path}?${words.toString()}`
}
