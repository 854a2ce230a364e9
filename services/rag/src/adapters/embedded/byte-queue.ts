/** Bytes as they come from a socket. A long message is put together once, when it is all there. */
export interface ByteQueue {
  readonly length: number
  push(bytes: Buffer): void
  /** The first bytes, left where they are; undefined while there are fewer. */
  peek(count: number): Buffer | undefined
  /** The first bytes, taken out. There must be as many. */
  take(count: number): Buffer
}

export function createByteQueue(): ByteQueue {
  let pieces: Buffer[] = []
  let length = 0

  /** Makes the first piece hold as many bytes as are wanted. */
  const gather = (count: number): Buffer => {
    const [first] = pieces
    if (first && first.length >= count) return first
    const whole = Buffer.concat(pieces)
    pieces = [whole]
    return whole
  }

  return {
    get length() {
      return length
    },
    push(bytes) {
      pieces.push(bytes)
      length += bytes.length
    },
    peek: (count) => (length < count ? undefined : gather(count).subarray(0, count)),
    take(count) {
      const whole = gather(count)
      pieces[0] = whole.subarray(count)
      if (whole.length === count) pieces.shift()
      length -= count
      return whole.subarray(0, count)
    },
  }
}
