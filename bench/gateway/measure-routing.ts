import type { Report } from '../report.ts'
import { applyLoad, median, quantile, type Load } from './load.ts'
import { KEY, say, startGateway, toLoad } from './targets.ts'

const MODES = ['off', 'on'] as const
const ADDED_BUDGET_MS = 2
const LOCAL_BUDGET_US = 1_000

let asked = 0

/**
 * What it costs to find out the way. A classifier that takes 150 ms stands before a model that takes 300: asked one
 * after the other they take 450. And what the local tier costs, that asks nobody.
 */
export async function measureRouting(upstream: string, options: { requests: number; rounds: number; quick: boolean }, report: Report): Promise<void> {
  for (const speculation of MODES) {
    await using gateway = await startGateway(upstream, {
      LLM_MODEL: 'bench-slow',
      ROUTING_CLASSIFIER_MODEL: 'bench-classifier',
      ROUTING_SPECULATION: speculation,
      ROUTING_LOCAL: 'false',
    })
    const time = async (model: string): Promise<number> => {
      const { latenciesMs } = await applyLoad(toQuestions(gateway.origin, model, options.requests, 8))
      return quantile(latenciesMs, 0.5)
    }
    for (const model of ['signalbox-simple', 'signalbox-auto']) await time(model)
    const added: number[] = []
    for (let round = 0; round < options.rounds; round++) added.push(-(await time('signalbox-simple')) + (await time('signalbox-auto')))
    report({
      metric: `a classifier of 150 ms, speculation ${speculation}: time added to a model of 300 ms, p50`,
      value: median(added),
      unit: 'ms',
      ...(speculation === 'on' && { budget: ADDED_BUDGET_MS }),
    })
  }
  await measureLocalTier(upstream, options, report)
}

async function measureLocalTier(upstream: string, { rounds, quick }: { rounds: number; quick: boolean }, report: Report): Promise<void> {
  await using gateway = await startGateway(upstream, { ROUTING_CLASSIFIER_MODEL: 'bench-classifier', ROUTING_SPECULATION: 'off' })
  const reply = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'authorization': `Bearer ${KEY}` },
    body: toQuestion('signalbox-auto'),
  })
  const reason = reply.headers.get('x-signalbox-route-reason') ?? ''
  if (!reason.startsWith('local')) return say(`the local tier is not sure of the question (${reason}): its figures are left out`)
  const cpu = async (model: string): Promise<number> => {
    const load = toQuestions(gateway.origin, model, quick ? 1_000 : 3_000, 32)
    const before = await gateway.cpu()
    await applyLoad(load)
    return ((await gateway.cpu()) - before) / load.requests
  }
  for (const model of ['signalbox-simple', 'signalbox-auto']) await cpu(model)
  const added: number[] = []
  for (let round = 0; round < rounds; round++) added.push(-(await cpu('signalbox-simple')) + (await cpu('signalbox-auto')))
  report({ metric: 'a question that the local tier decides: CPU added', value: median(added), unit: 'µs', budget: LOCAL_BUDGET_US })
}

function toQuestions(origin: string, model: string, requests: number, concurrency: number): Load {
  const load = toLoad({ process: { origin } as never, headers: {} }, { model, stream: false, requests, concurrency })
  return { ...load, body: () => toQuestion(model) }
}

/** Never the same question twice, so that no verdict is remembered. */
function toQuestion(model: string): string {
  asked += 1
  return JSON.stringify({ model, messages: [{ role: 'user', content: `What is the capital of the country that has dialling code ${asked}?` }] })
}
