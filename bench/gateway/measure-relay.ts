import type { Report } from '../report.ts'
import { applyLoad, median, quantile } from './load.ts'
import { toLoad, type Target, type Targets } from './targets.ts'

export interface RelayOptions {
  name: string
  stream: boolean
  /** Of each measurement; slower targets get fewer. */
  requests: number
  warmUp: number
  rounds: number
  /** CPU a request, against the bare proxy and against Portkey. */
  budgets: { bare: number; portkey?: number }
}

interface Figures {
  cpu: number[]
  perSecond: Record<number, number[]>
  p50: number[]
  p99: number[]
  firstByte: number[]
}

const CONCURRENCIES = [1, 32, 128]
const BUSY = 32

/** What each target costs a simple request: CPU, requests a second, and time over going direct. Rounds alternate, medians count. */
export async function measureRelay(targets: Targets, options: RelayOptions, report: Report): Promise<void> {
  const all = [targets.upstream, targets.bare, targets.gateway, ...targets.others]
  const figures = new Map<Target, Figures>(all.map((target) => [target, { cpu: [], perSecond: { 1: [], 32: [], 128: [] }, p50: [], p99: [], firstByte: [] }]))
  for (const target of all) await applyLoad(toLoad(target, toShape(target, options, options.warmUp, BUSY)))
  for (let round = 0; round < options.rounds; round++) {
    for (const target of all) await measureOnce(target, figures.get(target) as Figures, options)
  }
  const of = (target: Target): Figures => figures.get(target) as Figures
  reportAll(targets, of, options, report)
}

async function measureOnce(target: Target, figures: Figures, options: RelayOptions): Promise<void> {
  for (const concurrency of CONCURRENCIES) {
    const shape = toShape(target, options, concurrency === 1 ? Math.ceil(options.requests / 10) : options.requests, concurrency)
    const before = await target.process.cpu()
    const { wallMs, latenciesMs, firstByteMs } = await applyLoad(toLoad(target, shape))
    const cpu = (await target.process.cpu()) - before
    figures.perSecond[concurrency]?.push((shape.requests / wallMs) * 1_000)
    if (concurrency === BUSY) figures.cpu.push(cpu / shape.requests)
    if (concurrency === 1) {
      figures.p50.push(quantile(latenciesMs, 0.5))
      figures.p99.push(quantile(latenciesMs, 0.99))
      figures.firstByte.push(quantile(firstByteMs, 0.5))
    }
  }
}

function toShape({ slowness }: Target, { stream }: RelayOptions, requests: number, concurrency: number) {
  return { model: 'signalbox-simple', stream, requests: Math.ceil(requests / slowness), concurrency }
}

function reportAll(
  { upstream, bare, gateway, others }: Targets,
  of: (target: Target) => Figures,
  { name, stream, budgets }: RelayOptions,
  report: Report,
): void {
  const cpu = median(of(gateway).cpu)
  report({ metric: `${name}: CPU a request, against a bare undici proxy`, value: cpu, unit: 'µs', reference: median(of(bare).cpu), budget: budgets.bare })
  for (const other of others) {
    const budget = other.name.startsWith('Portkey') ? budgets.portkey : undefined
    report({
      metric: `${name}: CPU a request, against ${other.name}`,
      value: cpu,
      unit: 'µs',
      reference: median(of(other).cpu),
      ...(budget !== undefined && { budget }),
    })
  }
  for (const concurrency of CONCURRENCIES) {
    const perSecond = (target: Target): number => median(of(target).perSecond[concurrency] ?? [])
    for (const other of [bare, ...others]) {
      report({
        metric: `${name}: requests a second, ${concurrency} at a time, against ${other.name}`,
        value: perSecond(gateway),
        unit: '/s',
        reference: perSecond(other),
      })
    }
  }
  const kinds = [['p50', 'p50'], ['p99', 'p99'], ...(stream ? [['firstByte', 'to the first byte'] as const] : [])] as const
  for (const [kind, words] of kinds) {
    const added = (target: Target): number => median(of(target)[kind]) - median(of(upstream)[kind])
    for (const other of [bare, ...others]) {
      const reference = added(other)
      // On a busy machine one may come out ahead of the upstream that it asks; a ratio to that says nothing.
      report({
        metric: `${name}: time added to going direct, ${words}, against ${other.name}`,
        value: added(gateway),
        unit: 'ms',
        ...(reference > 0 && { reference }),
      })
    }
  }
}
