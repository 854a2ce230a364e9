import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Load {
  origin: string
  path: string
  headers: Record<string, string>
  /** One for all, or a new one each time. */
  body: string | (() => string)
  requests: number
  concurrency: number
}

export interface LoadResult {
  /** Wall time of the whole round, milliseconds. */
  wallMs: number
  /** Each request's time to its last byte, milliseconds, sorted. */
  latenciesMs: number[]
  /** Each request's time to the first byte of its answer's body, milliseconds, sorted. */
  firstByteMs: number[]
}

interface Answer {
  firstByteAt: number
  endedAt: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/**
 * Sends `requests` requests, `concurrency` at a time, over kept-alive connections. Any answer but 200 is an error: a fast
 * failure is not speed. Written on bare sockets, so that the one who measures costs less than what is measured.
 */
export async function applyLoad(load: Load): Promise<LoadResult> {
  const { hostname, port } = new URL(load.origin)
  const { body } = load
  const fixed = typeof body === 'string' ? toRequest(load, body) : undefined
  const latenciesMs: number[] = []
  const firstByteMs: number[] = []
  let sent = 0
  const caller = async (): Promise<void> => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    try {
      while (sent < load.requests) {
        sent += 1
        const bytes = fixed ?? toRequest(load, (body as () => string)())
        const began = performance.now()
        socket.write(bytes)
        const { firstByteAt, endedAt } = await readAnswer(socket, load.origin)
        firstByteMs.push(firstByteAt - began)
        latenciesMs.push(endedAt - began)
      }
    } finally {
      socket.destroy()
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: load.concurrency }, caller))
  return { wallMs: performance.now() - began, latenciesMs: latenciesMs.toSorted(ascending), firstByteMs: firstByteMs.toSorted(ascending) }
}

function toRequest({ origin, path, headers }: Load, body: string): Buffer {
  const lines = Object.entries({ 'host': new URL(origin).host, ...headers, 'content-length': Buffer.byteLength(body) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

/** Reads one answer: by its length, or to its last chunk. No answer of the bench holds a last chunk's bytes inside of another. */
function readAnswer(socket: Socket, who: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let head: Buffer | undefined
    let left = Number.NaN
    let firstByteAt = 0
    let last: Buffer = Buffer.alloc(0)
    const finish = (error?: Error): void => {
      socket.off('data', onData).off('close', onClose).off('error', finish)
      if (error) reject(error)
      else resolve({ firstByteAt, endedAt: performance.now() })
    }
    const onClose = (): void => finish(new Error(`${who} closed the connection`))
    const onData = (piece: Buffer): void => {
      let body = piece
      if (firstByteAt === 0) {
        head = head ? Buffer.concat([head, piece]) : piece
        const end = head.indexOf(HEAD_END)
        if (end === -1) return
        const text = head.toString('latin1', 0, end)
        if (!text.startsWith('HTTP/1.1 200 ')) return finish(new Error(`${who} answered ${text.slice(9, 12)}: ${head.toString('utf8', end, end + 300)}`))
        left = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN)
        body = head.subarray(end + HEAD_END.length)
        if (body.length === 0) return
        firstByteAt = performance.now()
      }
      if (Number.isNaN(left)) {
        last = body.length >= LAST_CHUNK.length ? body : Buffer.concat([last, body])
        if (last.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) finish()
      } else {
        left -= body.length
        if (left === 0) finish()
      }
    }
    socket.on('data', onData).on('close', onClose).on('error', finish)
  })
}

/** The value below which `share` of the sorted values lie. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values.toSorted(ascending), 0.5)
}

function ascending(a: number, b: number): number {
  return a - b
}
