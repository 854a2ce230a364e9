import type { LsaModel } from '../../core/lsa.ts'

/** An LSA model as bytes, to be kept with its space: a JSON head (its length first), then weights and basis as little-endian floats. */
export function toBytes(model: LsaModel): Buffer {
  const head = Buffer.from(JSON.stringify({ dimensions: model.dimensions, terms: [...model.columns.keys()] }), 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  return Buffer.concat([length, head, bytesOf(model.weights), bytesOf(model.basis)])
}

export function fromBytes(bytes: Buffer): LsaModel {
  const headEnd = 4 + bytes.readUInt32LE(0)
  const { dimensions, terms } = JSON.parse(bytes.toString('utf8', 4, headEnd)) as { dimensions: number; terms: string[] }
  const weightsEnd = headEnd + terms.length * 4
  return {
    dimensions,
    columns: new Map(terms.map((term, index) => [term, index])),
    weights: floatsOf(bytes.subarray(headEnd, weightsEnd)),
    basis: floatsOf(bytes.subarray(weightsEnd)),
  }
}

function bytesOf(floats: Float32Array): Buffer {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength)
}

/** Copied, because floats must begin at a multiple of four. */
function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer)
}
