import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'

/** Stands between the gateway and the orchestrator, and sees when the gateway closes a connection. */
export interface SessionLine extends AsyncDisposable {
  url: string
  /** When the next connection is closed by the gateway, in nanoseconds of the monotonic clock. */
  nextClose(): Promise<bigint>
}

export async function openSessionLine(orchestrator: string): Promise<SessionLine> {
  const { hostname, port } = new URL(orchestrator)
  let closed = Promise.withResolvers<bigint>()
  const server = createServer((gateway) => {
    const beyond = connect({ host: hostname, port: Number(port), noDelay: true })
    gateway.setNoDelay(true).pipe(beyond)
    beyond.pipe(gateway)
    beyond.on('error', () => gateway.destroy())
    gateway.on('error', () => beyond.destroy())
    gateway.once('close', () => {
      closed.resolve(process.hrtime.bigint())
      closed = Promise.withResolvers()
      beyond.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nextClose: () => closed.promise,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
