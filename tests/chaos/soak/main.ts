import { parseArgs } from 'node:util'

import { runSoak } from './run-soak.ts'

const HELP = `Usage: npm run soak [-- --minutes N] [--callers N] [--seed N]

Callers of every kind before a model that fails all the time. Ends with 1 where anything was
wrong: an answer that was somebody else's, a stream that never ended, a call left open at the
model, memory that grew.

Options
  --minutes N   how long (10)
  --callers N   how many at a time (24)
  --seed N      what goes wrong when (20261121)
  --help        this text
`
/** Megabytes that the gateway may grow by, over the whole time, after everything was warm. */
const MOST_RSS_GROWTH = 32
const MOST_HEAP_GROWTH = 12

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

async function main(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      minutes: { type: 'string', default: '10' },
      callers: { type: 'string', default: '24' },
      seed: { type: 'string', default: '20261121' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const seed = readNumber('--seed', values.seed)
  const report = await runSoak({
    seconds: readNumber('--minutes', values.minutes) * 60,
    callers: readNumber('--callers', values.callers),
    seed,
    say: (line) => void process.stderr.write(`${line}\n`),
  })
  process.stdout.write(`${JSON.stringify({ seed, ...report, wrong: report.wrong.slice(0, 50) }, null, 2)}\n`)
  const { rss, heap } = report.memory
  const isSound =
    report.wrong.length === 0 && report.leftOpen === 0 && report.faults.length === 0 && rss.growth <= MOST_RSS_GROWTH && heap.growth <= MOST_HEAP_GROWTH
  process.stderr.write(isSound ? 'sound\n' : 'NOT SOUND\n')
  return isSound ? 0 : 1
}

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name}: must be a number above 0, and not ${text}`)
  return value
}
