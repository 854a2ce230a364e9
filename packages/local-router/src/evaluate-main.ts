import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'

import { evaluate } from './evaluation/evaluate.ts'
import { renderEvaluation } from './evaluation/render.ts'
import { readExamples, readRoutingSet } from './read-routing-set.ts'
import { COMPOSED } from './training/train-router.ts'
import { WEIGHTS_FILE } from './weights-file.ts'
import { parseWeights } from './weights.ts'

const HELP = `Usage: npm run routing:eval -- --data FOLDER [--json]

Measures the local router. FOLDER is the routing set that it was trained on (train.jsonl
and dev.jsonl, gzip'd or not). Three ways: the weights that ship, on dev; a model for
each source that never saw it, on that source, beside one of plain words; and the weights
that ship on requests written by hand that are like no source (data/check.jsonl).

Columns
  balanced, recall, false complex   every request counts, by what the model leans to
  decided                           how many the router answers itself
  right of, balanced of decided     how good these answers are
  sent wrongly                      single calls that it sends to the orchestrator, of all

Options
  --data FOLDER   the routing set
  --json          the numbers as JSON, with the requests whose label is contradicted
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
    options: { data: { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
  if (values.help || values.data === undefined) {
    process.stdout.write(HELP)
    return values.help ? 0 : 1
  }
  const set = await readRoutingSet(values.data)
  const check = await readExamples(fileURLToPath(new URL('../data/check.jsonl', import.meta.url)))
  const weights = parseWeights(await readFile(WEIGHTS_FILE, 'utf8'))
  const evaluation = evaluate(set, { weights, check, composed: COMPOSED, onProgress: (text) => process.stderr.write(`${text}\n`) })
  process.stdout.write(values.json ? `${JSON.stringify(evaluation, null, 2)}\n` : renderEvaluation(evaluation))
  return 0
}
