/** Bytes that come in pieces. */
export interface CollectedBytes {
  readonly size: number
  add(piece: Buffer): void
  /** All of them, in order. */
  whole(): Buffer
}

/** As many pieces as are kept as they came. */
const MANY = 64

/**
 * Collects a body's pieces. A few large ones are kept as they are and cost no copy. A body that comes byte by byte,
 * each in a chunk of its own, would cost a hundred times its size in small buffers: past `MANY` they are copied together.
 */
export function collectBytes(): CollectedBytes {
  let pieces: Buffer[] = []
  let joined: Buffer | undefined
  let size = 0
  const join = (piece: Buffer): void => {
    if (!joined || joined.length < size) {
      const larger = Buffer.allocUnsafe(Math.max(64 * 1_024, size * 2))
      if (joined) joined.copy(larger, 0, 0, size - piece.length)
      else copyAll(pieces, larger)
      pieces = []
      joined = larger
    }
    piece.copy(joined, size - piece.length)
  }
  return {
    get size() {
      return size
    },
    add(piece) {
      size += piece.length
      if (joined || pieces.length === MANY) join(piece)
      else pieces.push(piece)
    },
    whole() {
      if (joined) return joined.subarray(0, size)
      return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, size)
    },
  }
}

function copyAll(pieces: readonly Buffer[], into: Buffer): void {
  let at = 0
  for (const piece of pieces) at += piece.copy(into, at)
}
