import { applyLoad, median, type Load } from './gateway/load.ts'
import { startProcess, type MeasuredProcess } from './gateway/measured-process.ts'
import type { Bench } from './report.ts'

const KEY = 'bench-key-of-some-length'
const ROUNDS = 5
const REQUESTS = 3_000
const STREAMS = 800
const CONCURRENCY = 32

/**
 * What the gateway costs a simple request: CPU of its process against a bare undici proxy's, and the
 * time that either adds over going direct. Each is its own process; rounds alternate, medians count.
 */
const run: Bench = async (report) => {
  await using upstream = await startProcess('upstream-process.ts')
  await using bare = await startProcess('bare-proxy-process.ts', { arguments: [upstream.origin] })
  await using gateway = await startProcess('gateway-process.ts', {
    environment: {
      LLM_BASE_URL: `${upstream.origin}/v1`,
      LLM_MODEL: 'bench',
      SIGNALBOX_API_KEYS: `bench:${KEY}`,
      LOG_LEVEL: 'info',
      ORCHESTRATOR_URL: 'http://127.0.0.1:9',
      SERVICE_TOKEN: 'bench-service-token-0123',
    },
  })
  for (const { name, stream, requests, budget } of [
    { name: '1 KB reply', stream: false, requests: REQUESTS, budget: 1.6 },
    { name: '50-delta stream', stream: true, requests: STREAMS, budget: 1.3 },
  ]) {
    const body = JSON.stringify({ model: 'signalbox-simple', stream, messages: [{ role: 'user', content: 'Say something. '.repeat(20) }] })
    const load = (origin: string, count = requests, concurrency = CONCURRENCY): Load => ({
      origin,
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', 'authorization': `Bearer ${KEY}` },
      body,
      requests: count,
      concurrency,
    })
    const cpu = { bare: [] as number[], gateway: [] as number[] }
    const latency = { direct: [] as number[], bare: [] as number[], gateway: [] as number[] }
    for (const target of [bare, gateway]) await applyLoad(load(target.origin))
    for (let round = 0; round < ROUNDS; round += 1) {
      cpu.bare.push(await cpuPerRequest(bare, load(bare.origin)))
      cpu.gateway.push(await cpuPerRequest(gateway, load(gateway.origin)))
      for (const [who, { origin }] of Object.entries({ direct: upstream, bare, gateway }) as [keyof typeof latency, MeasuredProcess][]) {
        const { latenciesMs } = await applyLoad(load(origin, 200, 1))
        latency[who].push(median(latenciesMs))
      }
    }
    report({ metric: `${name}: CPU a request`, value: median(cpu.gateway), unit: 'µs', reference: median(cpu.bare), budget })
    report({ metric: `${name}: time, against going direct (one at a time)`, value: median(latency.gateway), unit: 'ms', reference: median(latency.direct) })
    report({ metric: `${name}: time, against the bare proxy (one at a time)`, value: median(latency.gateway), unit: 'ms', reference: median(latency.bare) })
  }
}

async function cpuPerRequest(process: MeasuredProcess, load: Load): Promise<number> {
  const before = await process.cpu()
  await applyLoad(load)
  return ((await process.cpu()) - before) / load.requests
}

export default run
