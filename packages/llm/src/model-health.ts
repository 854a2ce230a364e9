import { request } from 'undici'

const PROBE_TIMEOUT_MS = 2_000
const KEPT_MS = 10_000

/** `ok`, or in one word what is wrong with the model endpoint. */
export type ModelHealth = 'ok' | 'refused' | 'failing' | 'unreachable'

/**
 * Asks the endpoint for its models, which costs nothing, and keeps the answer for ten seconds so that
 * probes of ours are not load of theirs. An endpoint that has no such list (404) is there all the same.
 */
export function createModelProbe(
  { baseUrl, apiKey }: { baseUrl: string; apiKey?: string | undefined },
  now: () => number = Date.now,
): () => Promise<ModelHealth> {
  let kept: { at: number; health: Promise<ModelHealth> } | undefined
  return () => {
    if (!kept || now() - kept.at > KEPT_MS) kept = { at: now(), health: probe(`${baseUrl}/models`, apiKey) }
    return kept.health
  }
}

async function probe(url: string, apiKey: string | undefined): Promise<ModelHealth> {
  try {
    const { statusCode, body } = await request(url, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      ...(apiKey !== undefined && { headers: { authorization: `Bearer ${apiKey}` } }),
    })
    await body.dump()
    if (statusCode === 401 || statusCode === 403) return 'refused'
    return statusCode >= 500 ? 'failing' : 'ok'
  } catch {
    return 'unreachable'
  }
}
