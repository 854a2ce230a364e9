/** As many pieces as are kept as they came. */
const MANY = 64

/**
 * Collects a body's pieces. A few large ones are kept as they are and cost no copy. A body that comes byte by byte,
 * each in a chunk of its own, would cost a hundred times its size in small buffers: past `MANY` they are copied together.
 */
export class CollectedBytes {
  #pieces: Buffer[] = []
  #joined: Buffer | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(piece: Buffer): void {
    this.#size += piece.length
    if (this.#joined || this.#pieces.length === MANY) this.#join(piece)
    else this.#pieces.push(piece)
  }

  /** All of them, in order. */
  whole(): Buffer {
    if (this.#joined) return this.#joined.subarray(0, this.#size)
    return this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces, this.#size)
  }

  #join(piece: Buffer): void {
    if (!this.#joined || this.#joined.length < this.#size) {
      const larger = Buffer.allocUnsafe(Math.max(64 * 1_024, this.#size * 2))
      if (this.#joined) this.#joined.copy(larger, 0, 0, this.#size - piece.length)
      else copyAll(this.#pieces, larger)
      this.#pieces = []
      this.#joined = larger
    }
    piece.copy(this.#joined, this.#size - piece.length)
  }
}

function copyAll(pieces: readonly Buffer[], into: Buffer): void {
  let at = 0
  for (const piece of pieces) at += piece.copy(into, at)
}
