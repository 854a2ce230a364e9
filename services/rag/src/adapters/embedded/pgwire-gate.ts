import { timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'

import {
  askForPassword,
  asksForCopyIn,
  CANCEL_REQUEST,
  errorResponse,
  firstMessage,
  GSS_REQUEST,
  PROTOCOL_3,
  readPassword,
  readyForQuery,
  readyStatus,
  simpleQuery,
  SSL_REQUEST,
  welcome,
} from './pgwire.ts'

/**
 * Lets any number of Postgres clients share a backend that has one session.
 *
 *  G1. A connection owns the backend from the first message of a batch until the backend says that
 *      it is idle again, outside any transaction. The others wait in line.
 *  G2. A batch goes to the backend whole, when it is complete (Sync, Flush or a simple query).
 *  G3. A connection that goes away in a transaction, or idles in one for too long, is rolled back.
 *  G4. COPY from a client is refused before the backend sees it: it would wait for more than a batch
 *      holds, and everybody with it.
 *  G5. Nobody gets in without the password, which only the process that started us knows.
 */
export interface GateOptions {
  execute: (batch: Uint8Array) => Promise<Uint8Array>
  password: string
  /** How long a transaction may idle, milliseconds. */
  idleInTransactionMs: number
}

/** Opens the gate; the caller makes it listen. */
export function createPgwireGate(options: GateOptions): Server {
  let owner: Socket | undefined
  const line: { socket: Socket; enter: () => void }[] = []

  const take = (socket: Socket): Promise<void> => {
    if (owner === socket) return Promise.resolve()
    if (owner === undefined) {
      owner = socket
      return Promise.resolve()
    }
    return new Promise((enter) => line.push({ socket, enter }))
  }
  const yieldTurn = (): void => {
    const next = line.shift()
    owner = next?.socket
    next?.enter()
  }

  return createServer({ noDelay: true }, (socket) => {
    const connection = createConnection(socket, options, take, () => owner === socket, yieldTurn)
    socket.on('data', connection.read)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      const waiting = line.findIndex((entry) => entry.socket === socket)
      if (waiting !== -1) line.splice(waiting, 1)
      connection.gone()
    })
  })
}

function createConnection(
  socket: Socket,
  options: GateOptions,
  take: (socket: Socket) => Promise<void>,
  owns: () => boolean,
  yieldTurn: () => void,
): { read: (bytes: Buffer) => void; gone: () => void } {
  let buffer: Buffer = Buffer.alloc(0)
  let state: 'startup' | 'password' | 'open' = 'startup'
  let batch: Buffer[] = []
  let work: Promise<void> = Promise.resolve()
  let status: 'I' | 'T' | 'E' = 'I'
  let refusing = false
  let closed = false
  let idle: NodeJS.Timeout | undefined

  const refuse = (code: string, words: string): void => void socket.end(errorResponse(code, words, 'FATAL'))

  const startUp = (): boolean => {
    if (buffer.length < 8) return false
    const length = buffer.readInt32BE(0)
    if (length > 10_000) {
      refuse('08P01', 'invalid startup packet')
      return false
    }
    if (buffer.length < length) return false
    const request = buffer.readInt32BE(4)
    buffer = buffer.subarray(length)
    if (request === SSL_REQUEST || request === GSS_REQUEST) socket.write('N')
    else if (request === CANCEL_REQUEST) socket.end()
    else if (request === PROTOCOL_3) {
      state = 'password'
      socket.write(askForPassword())
    } else refuse('0A000', 'unsupported protocol version')
    return true
  }

  const letIn = (type: string, bytes: Buffer): void => {
    const given = Buffer.from(type === 'p' ? readPassword(bytes) : '')
    const expected = Buffer.from(options.password)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return refuse('28P01', 'password authentication failed')
    state = 'open'
    socket.write(welcome())
  }

  const submit = (): void => {
    const whole = Buffer.concat(batch)
    batch = []
    work = work.then(async () => {
      if (closed && !owns()) return
      await take(socket)
      clearTimeout(idle)
      const response = await options.execute(whole)
      if (!closed) socket.write(response)
      settle(readyStatus(response))
    })
    work = work.catch((error: unknown) => {
      refuse('XX000', error instanceof Error ? error.message : 'the backend failed')
      if (owns()) yieldTurn()
    })
  }

  /** Answers a batch that asked for what is not supported, in the place where the backend's answer would stand. */
  const refuseBatch = (): void => {
    batch = []
    work = work.then(() => {
      if (!closed) socket.write(Buffer.concat([errorResponse('0A000', 'COPY from a client is not supported by the embedded database'), readyForQuery(status)]))
    })
  }

  const settle = (now: 'I' | 'T' | 'E' | undefined): void => {
    status = now ?? status
    if (now === 'I') yieldTurn()
    else if (closed) void rollBack()
    else if (now !== undefined) idle = setTimeout(() => socket.destroy(), options.idleInTransactionMs)
  }

  const rollBack = async (): Promise<void> => {
    clearTimeout(idle)
    try {
      await options.execute(simpleQuery('ROLLBACK'))
    } finally {
      yieldTurn()
    }
  }

  return {
    read(bytes) {
      buffer = buffer.length === 0 ? bytes : Buffer.concat([buffer, bytes])
      while (state === 'startup') if (!startUp()) return
      for (let next = firstMessage(buffer); next; next = firstMessage(buffer)) {
        buffer = buffer.subarray(next.bytes.length)
        if (state === 'password') letIn(next.type, next.bytes)
        else if (next.type === 'X') socket.end()
        else if (next.type === 'd' || next.type === 'c' || next.type === 'f') continue
        else {
          refusing ||= asksForCopyIn(next)
          batch.push(next.bytes)
          if (refusing && (next.type === 'Q' || next.type === 'S')) {
            refusing = false
            refuseBatch()
          } else if (!refusing && (next.type === 'Q' || next.type === 'S' || next.type === 'H')) submit()
        }
      }
    },
    gone() {
      closed = true
      clearTimeout(idle)
      work = work.then(async () => {
        if (owns()) await rollBack()
      })
    },
  }
}
