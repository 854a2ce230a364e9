import type { ServerResponse } from 'node:http'

/** The bytes of one answer, on their way to its caller. */
export interface GatheredWrites {
  /** False where the caller takes bytes more slowly than they come: `drain` says when it wants more. */
  write(bytes: Buffer): boolean
  /** Sends what is left, and `last` behind it, as the answer's end. */
  end(last?: string): void
}

/**
 * Sends what comes within one turn of the event loop in one write. An upstream's events often come many at a time, and
 * written one by one each would be a chunk and a part of a system call of its own: half of what a stream costs.
 * Nothing waits for what has not come yet.
 */
export function gatherWrites(outgoing: ServerResponse): GatheredWrites {
  let gathered: Buffer[] = []
  let size = 0
  const take = (): Buffer => {
    const bytes = gathered.length === 1 ? (gathered[0] as Buffer) : Buffer.concat(gathered, size)
    gathered = []
    size = 0
    return bytes
  }
  const send = (): void => {
    if (size > 0 && !outgoing.destroyed) outgoing.write(take())
  }
  return {
    write(bytes) {
      if (size === 0) process.nextTick(send)
      gathered.push(bytes)
      size += bytes.length
      if (size >= outgoing.writableHighWaterMark) send()
      // Nothing but what Node has said: where it wants no more, `drain` is sure to come.
      return !outgoing.writableNeedDrain
    },
    end(last) {
      if (last === undefined) {
        if (size > 0) outgoing.end(take())
        else outgoing.end()
        return
      }
      if (size > 0) outgoing.write(take())
      outgoing.end(last)
    },
  }
}
