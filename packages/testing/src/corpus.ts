import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Inputs that once went wrong, or nearly: files in a folder, told again in every run. */
export interface Corpus {
  entries(): { name: string; bytes: Buffer }[]
  /**
   * For a fuzz run that has failed: what to do with the smallest input it failed for. With `FUZZ_SAVE=1` the input is
   * written into the folder, where it stays and is tried first from then on.
   */
  keep(bytes: Uint8Array): string
}

/** What a fuzz run draws its inputs by: the same in every run, unless `FUZZ_SEED` says otherwise; `FUZZ_RUNS` makes it longer. */
export function fuzzParameters(runs: number): { seed: number; numRuns: number } {
  const parameters = { seed: Number(process.env['FUZZ_SEED'] ?? 20_261_121), numRuns: Number(process.env['FUZZ_RUNS'] ?? runs) }
  console.log(`FUZZ_SEED=${parameters.seed} FUZZ_RUNS=${parameters.numRuns}`)
  return parameters
}

/** @throws where the folder is not there: a corpus that is never read would be no help. */
export function openCorpus(folder: URL): Corpus {
  const path = fileURLToPath(folder)
  return {
    entries: () =>
      readdirSync(path)
        .toSorted()
        .map((name) => ({ name, bytes: readFileSync(`${path}/${name}`) })),
    keep(bytes) {
      const file = `${path}/found-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`
      if (process.env['FUZZ_SAVE'] === undefined)
        return `run again with FUZZ_SAVE=1 to add it to the corpus, or: echo ${Buffer.from(bytes).toString('base64')} | base64 -d > ${file}`
      mkdirSync(path, { recursive: true })
      writeFileSync(file, bytes)
      return `added to the corpus as ${file}`
    },
  }
}
