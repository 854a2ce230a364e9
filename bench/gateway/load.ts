import { Agent } from 'undici'

export interface Load {
  origin: string
  path: string
  headers: Record<string, string>
  body: string
  requests: number
  concurrency: number
}

export interface LoadResult {
  /** Wall time of the whole round, milliseconds. */
  wallMs: number
  /** Each request's time to its last byte, milliseconds, sorted. */
  latenciesMs: number[]
}

/** Sends `requests` requests, `concurrency` at a time, over kept-alive connections. Any answer but 200 is an error: a fast failure is not speed. */
export async function applyLoad(load: Load): Promise<LoadResult> {
  const agent = new Agent({ connections: load.concurrency, pipelining: 1 })
  const latencies: number[] = []
  let sent = 0
  const worker = async (): Promise<void> => {
    while (sent < load.requests) {
      sent += 1
      const began = performance.now()
      const { statusCode, body } = await agent.request({ origin: load.origin, path: load.path, method: 'POST', headers: load.headers, body: load.body })
      const text = await body.text()
      if (statusCode !== 200) throw new Error(`${load.origin} answered ${statusCode}: ${text.slice(0, 300)}`)
      latencies.push(performance.now() - began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: load.concurrency }, worker))
  const wallMs = performance.now() - began
  await agent.close()
  return { wallMs, latenciesMs: latencies.toSorted((a, b) => a - b) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
