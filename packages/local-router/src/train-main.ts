import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { readRoutingSet } from './read-routing-set.ts'
import { COMPOSED, SEED, trainRouter } from './training/train-router.ts'
import { renderWeights } from './weights.ts'
import { WEIGHTS_FILE } from './weights-file.ts'

const HELP = `Usage: npm run routing:train -- --data FOLDER

Trains the local router and writes its weights. FOLDER holds train.jsonl (or .jsonl.gz),
one {id, prompt, needs_orchestration, source} a line, and dev.jsonl, which is not trained on.
The same data and seed give the same weights, byte for byte.

Options
  --data FOLDER   the routing set
  --out FILE      where the weights go (default: where the router reads them)
  --seed NUMBER   default ${SEED}
  --help          this text
`

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
}

async function main(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      data: { type: 'string' },
      out: { type: 'string' },
      seed: { type: 'string', default: String(SEED) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help || values.data === undefined) {
    process.stdout.write(HELP)
    return values.help ? 0 : 1
  }
  const seed = Number(values.seed)
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed is a whole number, not ${values.seed}.`)
  const { train } = await readRoutingSet(values.data)
  const started = performance.now()
  const weights = trainRouter(train, {
    seed,
    composed: COMPOSED,
    onProgress: (text) => process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${text}\n`),
  })
  const text = renderWeights(weights)
  const file = values.out ?? fileURLToPath(WEIGHTS_FILE)
  await writeFile(file, text)
  const { band, record } = weights
  process.stdout.write(
    `${(text.length / 1_000).toFixed(0)} kB of weights, sure below ${band.simple} and above ${band.complex}, of ${JSON.stringify(record.examples)}\n`,
  )
  return 0
}
