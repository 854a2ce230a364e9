import { readdir, readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

import { createReport, type Bench, type Row } from './report.ts'

const HELP = `Usage: npm run bench [-- NAME… [--quick]]

Runs all benchmarks, or those named, and puts their figures into bench/results.json.
With --quick they take a fraction of the time, say less, and keep nothing.
Figures are read as ratios within one run: machines differ, and are noisy.
`
const RESULTS = fileURLToPath(new URL('results.json', import.meta.url))

const available = (await readdir(new URL('.', import.meta.url))).filter((file) => file.endsWith('.bench.ts')).map((file) => file.replace('.bench.ts', ''))
const quick = process.argv.includes('--quick')
const wanted = process.argv.slice(2).filter((name) => name !== '--quick')
const unknown = wanted.filter((name) => !available.includes(name))
if (wanted.includes('--help')) {
  process.stdout.write(`${HELP}\nBenchmarks: ${available.join(', ')}\n`)
} else if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are: ${available.join(', ')}\n`)
  process.exitCode = 1
} else {
  const rows: Row[] = []
  process.stdout.write(`Node ${process.version} on ${cpus().length} cores\n`)
  for (const name of wanted.length > 0 ? wanted : available) {
    process.stdout.write(`\n${name}\n`)
    const { default: run } = (await import(`./${name}.bench.ts`)) as { default: Bench }
    await run(createReport(name, rows), { quick })
  }
  if (!quick) await keep(rows)
  if (rows.some(({ within }) => within === false)) process.stdout.write('\nSome figures are over their budget.\n')
}

async function keep(rows: Row[]): Promise<void> {
  const kept = JSON.parse(await readFile(RESULTS, 'utf8').catch(() => '[]')) as Row[]
  const measured = new Set(rows.map(({ bench }) => bench))
  await writeFile(RESULTS, `${JSON.stringify([...kept.filter(({ bench }) => !measured.has(bench)), ...rows], undefined, 2)}\n`)
}
