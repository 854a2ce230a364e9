import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

import { z } from 'zod'

import type { Example } from './examples.ts'

export interface RoutingSet {
  train: Example[]
  dev: Example[]
}

const exampleSchema = z.object({ id: z.string(), prompt: z.string(), needs_orchestration: z.boolean(), source: z.string() })

/**
 * A folder's `train.jsonl` and `dev.jsonl`, gzip'd or not, one `{id, prompt, needs_orchestration, source}` a line.
 *
 * @throws Error naming the file that is missing, or the line that is none of these.
 */
export async function readRoutingSet(folder: string): Promise<RoutingSet> {
  const names = await readdir(folder).catch(() => {
    throw new Error(`There is no such folder: ${folder}`)
  })
  const read = (name: string): Promise<Example[]> => {
    const found = [`${name}.jsonl`, `${name}.jsonl.gz`].find((file) => names.includes(file))
    if (found === undefined) throw new Error(`${folder} holds no ${name}.jsonl or ${name}.jsonl.gz.`)
    return readExamples(join(folder, found))
  }
  const [train, dev] = await Promise.all([read('train'), read('dev')])
  return { train, dev }
}

export async function readExamples(file: string): Promise<Example[]> {
  const bytes = await readFile(file)
  const text = (file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8')
  return text
    .split('\n')
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, index }) => parseExample(line, `${file}, line ${index + 1}`))
}

function parseExample(line: string, where: string): Example {
  try {
    return exampleSchema.parse(JSON.parse(line))
  } catch (error) {
    throw new Error(`${where} is no example.`, { cause: error })
  }
}
