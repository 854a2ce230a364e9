import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A line to a server that can break, as a train's Wi-Fi does: whatever is under way ends in the middle. */
export interface BreakableLine extends AsyncDisposable {
  origin: string
  /** Breaks all that is under way, and refuses what comes, until it is mended. */
  break(): void
  mend(): void
  /** Breaks what is under way, and lets through what comes next. */
  interrupt(): void
}

export async function openLine(to: string): Promise<BreakableLine> {
  const { hostname, port } = new URL(to)
  const open = new Set<Socket>()
  let isBroken = false
  const server = createServer((near) => {
    if (isBroken) return void near.destroy()
    const far = connect(Number(port), hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const interrupt = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    interrupt,
    break() {
      isBroken = true
      interrupt()
    },
    mend() {
      isBroken = false
    },
    async [Symbol.asyncDispose]() {
      interrupt()
      server.close()
      await once(server, 'close')
    },
  }
}
