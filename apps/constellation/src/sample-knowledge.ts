import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { ingestPaths } from '@signalbox/rag'

import type { Constellation } from './open-constellation.ts'

const ROOT = new URL('../../../', import.meta.url)

export const PROJECT_FOLDER = fileURLToPath(ROOT)

/** What a first start lays in: the project's own documentation, and a few public-domain texts. */
const SAMPLE = ['README.md', 'ARCHITECTURE.md', 'docs/guides', 'docs/decisions', 'knowledge']

export interface SampleOptions {
  wanted: boolean
  onProgress: (text: string) => void
  signal: AbortSignal
}

/** Lays the sample in where it is wanted (what is there already is left alone), and answers how much is known now. */
export async function layInSampleKnowledge(constellation: Constellation, options: SampleOptions): Promise<{ documents: number; passages: number }> {
  const { rag: url } = constellation.urls
  const token = constellation.serviceToken
  if (options.wanted && !options.signal.aborted) {
    options.onProgress('Laying in the sample knowledge…')
    await ingestPaths({
      paths: await samplePaths(),
      url,
      token,
      onProgress: ({ done, total }) => options.onProgress(`Laying in the sample knowledge: ${done} of ${total} documents…`),
      signal: options.signal,
    }).catch((error: unknown) => {
      if (!options.signal.aborted) throw error
    })
  }
  const response = await fetch(`${url}/v1/stats`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(10_000) })
  return (await response.json()) as { documents: number; passages: number }
}

/** The sample's paths that are there; an image that ships without docs has fewer. */
async function samplePaths(): Promise<string[]> {
  const paths = SAMPLE.map((path) => fileURLToPath(new URL(path, ROOT)))
  const there = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  return paths.filter((_path, index) => there[index])
}
