import { z } from 'zod'

import { COUNT_NAMES } from './counts.ts'
import { LINE_SIZE, type Line, type Model } from './model.ts'
import type { Tree } from './tree.ts'

/** Where a score is sure: at `simple` and below, at `complex` and above. A score times `slope` is in true log-odds. */
export interface Band {
  simple: number
  complex: number
  slope: number
}

/** What weights were made of, by which they can be made again. */
export interface TrainingRecord {
  seed: number
  /** Of every example that was trained on, in order. */
  sha256: string
  /** How many examples each source gave. */
  examples: Record<string, number>
}

export interface Weights {
  model: Model
  band: Band
  record: TrainingRecord
}

/** Goes up when features or file change, so that weights of another time are refused and not misread. */
const FORMAT = 2

const lineSchema = z.object({ bias: z.number(), scale: z.number(), weights: z.base64() })

const fileSchema = z.object({
  format: z.literal(FORMAT),
  record: z.object({ seed: z.number(), sha256: z.string(), examples: z.record(z.string(), z.number()) }),
  band: z.object({ simple: z.number().max(0), complex: z.number().min(0), slope: z.number().positive() }),
  counts: z.array(z.string()),
  sequences: lineSchema,
  pairs: lineSchema,
  trees: z.object({
    nodes: z.array(z.number().int().positive()),
    feature: z.base64(),
    threshold: z.base64(),
    left: z.base64(),
    right: z.base64(),
    value: z.base64(),
  }),
})

/** The weights as the text of a file. A weight of the line takes one byte, and is rounded to it. */
export function renderWeights({ model, band, record }: Weights): string {
  const column = (read: (tree: Tree) => ArrayLike<number> & ArrayBufferView): string => toBase64(Buffer.concat(model.trees.map((tree) => toBuffer(read(tree)))))
  const file: z.input<typeof fileSchema> = {
    format: FORMAT,
    record,
    band,
    counts: [...COUNT_NAMES],
    sequences: renderLine(model.sequences),
    pairs: renderLine(model.pairs),
    trees: {
      nodes: model.trees.map(({ feature }) => feature.length),
      feature: column(({ feature }) => feature),
      threshold: column(({ threshold }) => threshold),
      left: column(({ left }) => left),
      right: column(({ right }) => right),
      value: column(({ value }) => value),
    },
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

function renderLine({ bias, weights }: Line): z.input<typeof lineSchema> {
  const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9) / 127
  return { bias, scale, weights: toBase64(toBuffer(Int8Array.from(weights, (weight) => Math.round(weight / scale)))) }
}

function parseLine({ bias, scale, weights: text }: z.infer<typeof lineSchema>): Line {
  const weights = Float64Array.from(new Int8Array(fromBase64(text)), (weight) => weight * scale)
  if (weights.length !== LINE_SIZE) throw new Error(`These weights are ${weights.length} and not ${LINE_SIZE}. Train again.`)
  return { bias, weights }
}

/** @throws Error when the text is no weights' file, or one of another format or of other features. */
export function parseWeights(text: string): Weights {
  const parsed = fileSchema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`These are no weights of format ${FORMAT}: ${z.prettifyError(parsed.error)}`)
  const { record, band, sequences, pairs, trees, counts } = parsed.data
  if (counts.join() !== COUNT_NAMES.join()) throw new Error('These weights belong to other features. Train again.')
  return { record, band, model: { sequences: parseLine(sequences), pairs: parseLine(pairs), trees: toTrees(trees) } }
}

function toTrees(columns: z.infer<typeof fileSchema>['trees']): Tree[] {
  const feature = new Int8Array(fromBase64(columns.feature))
  const threshold = new Float32Array(fromBase64(columns.threshold))
  const left = new Int16Array(fromBase64(columns.left))
  const right = new Int16Array(fromBase64(columns.right))
  const value = new Float32Array(fromBase64(columns.value))
  let start = 0
  return columns.nodes.map((nodes) => {
    const end = start + nodes
    const tree = {
      feature: feature.slice(start, end),
      threshold: threshold.slice(start, end),
      left: left.slice(start, end),
      right: right.slice(start, end),
      value: value.slice(start, end),
    }
    start = end
    return tree
  })
}

function toBuffer(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64')
}

/** A buffer of its own, which views of any width may be laid upon. */
function fromBase64(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer
}
