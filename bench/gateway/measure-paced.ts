import type { Report } from '../report.ts'
import { applyLoad, median, quantile } from './load.ts'
import { toLoad, type Target, type Targets } from './targets.ts'

/** Many streams at once whose deltas come one by one, as a model writes them: what a delta costs, and whether any of them waits. */
export async function measurePaced({ upstream, bare, gateway, others }: Targets, options: { streams: number; rounds: number }, report: Report): Promise<void> {
  const all = [upstream, bare, gateway, ...others]
  const figures = new Map(all.map((target) => [target, { cpu: [] as number[], firstByte: [] as number[], p99: [] as number[] }]))
  const load = (target: Target) => toLoad(target, { model: 'bench-paced', stream: true, requests: options.streams, concurrency: options.streams })
  for (const target of all) await applyLoad(load(target))
  for (let round = 0; round < options.rounds; round++) {
    for (const target of all) {
      const before = await target.process.cpu()
      const { latenciesMs, firstByteMs } = await applyLoad(load(target))
      const kept = figures.get(target)
      kept?.cpu.push(((await target.process.cpu()) - before) / options.streams)
      kept?.firstByte.push(quantile(firstByteMs, 0.5))
      kept?.p99.push(quantile(latenciesMs, 0.99))
    }
  }
  const read = (target: Target, kind: 'cpu' | 'firstByte' | 'p99'): number => median(figures.get(target)?.[kind] ?? [])
  const name = `${options.streams} streams at once, a delta every 10 ms`
  for (const other of [bare, ...others]) {
    const budget = other === bare ? { budget: 1.3 } : {}
    report({ metric: `${name}: CPU a stream, against ${other.name}`, value: read(gateway, 'cpu'), unit: 'µs', reference: read(other, 'cpu'), ...budget })
  }
  for (const other of [upstream, bare, ...others]) {
    report({
      metric: `${name}: time to the first byte, p50, against ${other.name}`,
      value: read(gateway, 'firstByte'),
      unit: 'ms',
      reference: read(other, 'firstByte'),
    })
    report({ metric: `${name}: time to the last byte, p99, against ${other.name}`, value: read(gateway, 'p99'), unit: 'ms', reference: read(other, 'p99') })
  }
}
