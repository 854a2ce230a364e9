import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below the ports that systems hand out by themselves, which any connection of any test may be given a moment later. */
const FROM = 18_000
const TO = 32_000
const TRIES = 200

/** Ports that were free a moment ago, all different. @throws Error where none is found. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>()
  try {
    for (let tries = 0; held.size < count; tries += 1) {
      if (tries >= TRIES + count) throw new Error(`no ${count} free ports between ${FROM} and ${TO}`)
      const port = randomInt(FROM, TO)
      if (held.has(port)) continue
      const server = await hold(port)
      if (server) held.set(port, server)
    }
    return [...held.keys()]
  } finally {
    await Promise.all([...held.values()].map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

/** Undefined where somebody has it. */
async function hold(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
