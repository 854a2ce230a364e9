import { measureCluster } from './gateway/measure-cluster.ts'
import { measurePaced } from './gateway/measure-paced.ts'
import { measureRelay } from './gateway/measure-relay.ts'
import { measureRouting } from './gateway/measure-routing.ts'
import { openTargets, type Targets } from './gateway/targets.ts'
import type { Bench, Report } from './report.ts'

/**
 * What the gateway costs: held against a bare undici proxy, against nginx and against Portkey, where they are to be had,
 * all before the same upstream and in one run. Each is its own process; rounds alternate, medians count.
 */
const run: Bench = async (report, { quick }) => {
  await using targets = await openTargets({ quick })
  const rounds = quick ? 3 : 7
  const warmUp = quick ? 3_000 : 12_000
  const whole = { name: '1 KB reply', stream: false, requests: quick ? 1_500 : 4_000, warmUp, rounds, budgets: { bare: 1.6, portkey: 0.12 } }
  const burst = { name: '50-delta stream in a burst', stream: true, requests: quick ? 400 : 1_000, warmUp: warmUp / 4, rounds, budgets: { bare: 1.3 } }
  await measureRelay(targets, whole, report)
  await measureRelay(targets, burst, report)
  await measurePaced(targets, { streams: 200, rounds: quick ? 2 : 9 }, report)
  await reportMemory(targets, report)
  const upstream = targets.upstream.process.origin
  await measureRouting(upstream, { requests: quick ? 16 : 96, rounds: quick ? 1 : 5, quick }, report)
  await measureCluster(upstream, { requests: quick ? 3_000 : 10_000, rounds: quick ? 2 : 5 }, report)
}

/** Right after all that load. */
async function reportMemory({ bare, gateway, others }: Targets, report: Report): Promise<void> {
  const value = await gateway.process.rss()
  for (const other of [bare, ...others]) report({ metric: `memory under load, against ${other.name}`, value, unit: 'MB', reference: await other.process.rss() })
}

export default run
