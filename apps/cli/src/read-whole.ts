/** All that a stream brings; undefined where that is more than so many bytes. */
export async function readWhole(stream: AsyncIterable<Uint8Array | string>, mostBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stream) {
    const bytes = Buffer.from(piece as Uint8Array)
    size += bytes.byteLength
    if (size > mostBytes) return undefined
    pieces.push(bytes)
  }
  return Buffer.concat(pieces)
}
