import { fileURLToPath } from 'node:url'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Report } from '../report.ts'
import { applyLoad, median } from './load.ts'
import { startProgram, type MeasuredProcess } from './measured-process.ts'
import { findPort } from './start-nginx.ts'
import { toGatewayEnvironment, toLoad } from './targets.ts'

const MAIN = fileURLToPath(new URL('../../services/gateway/src/main.ts', import.meta.url))
const CONCURRENCY = 64

/** The gateway as `npm start` of its service runs it, with one worker and with two; the load and the upstream want the same cores. */
export async function measureCluster(upstream: string, options: { requests: number; rounds: number }, report: Report): Promise<void> {
  await using one = await startMain(upstream, 1)
  await using two = await startMain(upstream, 2)
  const figures = { one: [] as number[], two: [] as number[] }
  const measure = async ({ origin }: MeasuredProcess): Promise<number> => {
    const load = toLoad(
      { process: { origin } as never, headers: {} },
      { model: 'signalbox-simple', stream: false, requests: options.requests, concurrency: CONCURRENCY },
    )
    const { wallMs } = await applyLoad(load)
    return (options.requests / wallMs) * 1_000
  }
  for (const process of [one, two]) await measure(process)
  for (let round = 0; round < options.rounds; round++) {
    figures.one.push(await measure(one))
    figures.two.push(await measure(two))
  }
  report({
    metric: `1 KB reply: requests a second, ${CONCURRENCY} at a time, two workers against one`,
    value: median(figures.two),
    unit: '/s',
    reference: median(figures.one),
  })
}

async function startMain(upstream: string, workers: number): Promise<MeasuredProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-workers-'))
  const port = await findPort()
  const environment = { ...toGatewayEnvironment(upstream, folder), PORT: String(port), GATEWAY_WORKERS: String(workers) }
  const gateway = await startProgram(process.execPath, [MAIN], { port, folder, environment })
  return {
    ...gateway,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
