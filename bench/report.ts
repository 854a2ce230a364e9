/** One figure of a benchmark. `ratio` is against `reference`, measured in the same run; `budget` is what it may be at most. */
export interface Row {
  bench: string
  metric: string
  value: number
  unit: string
  reference: number | null
  ratio: number | null
  budget: number | null
  within: boolean | null
}

export type Report = (figure: { metric: string; value: number; unit: string; reference?: number; budget?: number; budgetOn?: 'ratio' | 'value' }) => void

/** A benchmark: a file `NAME.bench.ts` whose default export measures and reports. */
export type Bench = (report: Report, options: { quick: boolean }) => Promise<void>

export function createReport(bench: string, rows: Row[]): Report {
  return ({ metric, value, unit, reference, budget, budgetOn = reference === undefined ? 'value' : 'ratio' }) => {
    const ratio = reference === undefined ? null : round(value / reference)
    const held = budgetOn === 'ratio' ? ratio : value
    const row: Row = {
      bench,
      metric,
      value: round(value),
      unit,
      reference: reference === undefined ? null : round(reference),
      ratio,
      budget: budget ?? null,
      within: budget === undefined || held === null ? null : held <= budget,
    }
    rows.push(row)
    const against = ratio === null ? '' : `  = ${ratio} × ${row.reference}`
    const verdict = row.within === null ? '' : row.within ? `  (within ${budget})` : `  (OVER ${budget})`
    process.stdout.write(`  ${metric.padEnd(84)} ${String(row.value).padStart(9)} ${unit}${against}${verdict}\n`)
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
