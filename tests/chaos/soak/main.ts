// `npm run soak -- --minutes 10`: callers of every kind before a model that fails all the time. Ends with 1 where anything was wrong.
import { parseArgs } from 'node:util'

import { runSoak } from './run-soak.ts'

/** Megabytes that the gateway may grow by, over the whole time, after everything was warm. */
const MOST_RSS_GROWTH = 32
const MOST_HEAP_GROWTH = 12

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    callers: { type: 'string', default: '24' },
    seed: { type: 'string', default: '20261121' },
  },
})
const report = await runSoak({
  seconds: Number(values.minutes) * 60,
  callers: Number(values.callers),
  seed: Number(values.seed),
  say: (line) => void process.stderr.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), ...report, wrong: report.wrong.slice(0, 50) }, null, 2)}\n`)
const { rss, heap } = report.memory
const isSound =
  report.wrong.length === 0 && report.leftOpen === 0 && report.faults.length === 0 && rss.growth <= MOST_RSS_GROWTH && heap.growth <= MOST_HEAP_GROWTH
process.stderr.write(isSound ? 'sound\n' : 'NOT SOUND\n')
process.exit(isSound ? 0 : 1)
