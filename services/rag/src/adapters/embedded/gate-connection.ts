import { timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'

import { createByteQueue } from './byte-queue.ts'
import {
  askForPassword,
  asksForCopyIn,
  CANCEL_REQUEST,
  endOfBatch,
  errorResponse,
  GSS_REQUEST,
  PROTOCOL_3,
  readPassword,
  readyForQuery,
  readyStatus,
  simpleQuery,
  SSL_REQUEST,
  welcome,
  type TransactionStatus,
} from './pgwire.ts'
import type { GateOptions } from './pgwire-gate.ts'
import type { Turns } from './turns.ts'

const LOGIN_MS = 10_000
const LONGEST_BEFORE_LOGIN = 10_000
const LONGEST_MESSAGE = 256 * 1024 * 1024

/** One client at the gate, from its first byte to its last. */
export function createGateConnection(socket: Socket, turns: Turns<Socket>, options: GateOptions): { read(bytes: Buffer): void; gone(): void } {
  const incoming = createByteQueue()
  let state: 'startup' | 'password' | 'open' | 'refused' = 'startup'
  let batch: Buffer[] = []
  let work: Promise<void> = Promise.resolve()
  let status: TransactionStatus = 'I'
  let refusing = false
  let closed = false
  let waiting: NodeJS.Timeout | undefined = setTimeout(() => socket.destroy(), LOGIN_MS)

  function refuse(code: string, words: string): void {
    state = 'refused'
    socket.end(errorResponse(code, words, 'FATAL'))
  }

  /** The next whole packet, its type first where it has one; undefined while it is not all there. */
  function nextPacket(): Buffer | undefined {
    const typed = state === 'startup' ? 0 : 1
    const head = incoming.peek(typed + 4)
    if (!head) return undefined
    const length = head.readInt32BE(typed)
    if (length < 4 || length > (state === 'open' ? LONGEST_MESSAGE : LONGEST_BEFORE_LOGIN)) {
      refuse('08P01', 'invalid message length')
      return undefined
    }
    return incoming.length < typed + length ? undefined : incoming.take(typed + length)
  }

  function startUp(packet: Buffer): void {
    const request = packet.length < 8 ? 0 : packet.readInt32BE(4)
    if (request === SSL_REQUEST || request === GSS_REQUEST) socket.write('N')
    else if (request === CANCEL_REQUEST) socket.end()
    else if (request === PROTOCOL_3) {
      state = 'password'
      socket.write(askForPassword())
    } else refuse('0A000', 'unsupported protocol version')
  }

  function logIn(packet: Buffer): void {
    const given = Buffer.from(packet[0] === 0x70 ? readPassword(packet) : '')
    const expected = Buffer.from(options.password)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return refuse('28P01', 'password authentication failed')
    clearTimeout(waiting)
    state = 'open'
    socket.write(welcome())
  }

  function accept(packet: Buffer): void {
    const type = String.fromCharCode(packet[0] as number)
    if (type === 'X') return void socket.end()
    // What belongs to a COPY that was refused.
    if (type === 'd' || type === 'c' || type === 'f') return
    refusing ||= asksForCopyIn(type, packet)
    batch.push(packet)
    const ends = type === 'Q' || type === 'S'
    if (refusing && ends) refuseBatch()
    else if (!refusing && (ends || type === 'H')) submit()
  }

  function submit(): void {
    const whole = Buffer.concat(batch)
    batch = []
    work = work
      .then(async () => {
        if (closed && !turns.holds(socket)) return
        if (!(await turns.take(socket))) return
        clearTimeout(waiting)
        const response = await options.execute(whole)
        if (!closed) socket.write(response)
        status = readyStatus(response) ?? status
        await settle(readyStatus(response))
      })
      .catch(broken)
  }

  /** Answers a batch that asked for what is not supported, in the place where the backend's answer would stand. */
  function refuseBatch(): void {
    batch = []
    refusing = false
    work = work.then(() => {
      if (!closed) socket.write(Buffer.concat([errorResponse('0A000', 'COPY from a client is not supported by the embedded database'), readyForQuery(status)]))
    })
  }

  async function settle(now: TransactionStatus | undefined): Promise<void> {
    if (now === 'I') turns.pass(socket)
    else if (closed) await rollBack()
    else waiting = setTimeout(() => socket.destroy(), options.idleInTransactionMs)
  }

  async function rollBack(): Promise<void> {
    // The batch may have stopped short of its Sync, up to which a backend that met an error hears nothing.
    await options.execute(Buffer.concat([endOfBatch(), simpleQuery('ROLLBACK')]))
    turns.pass(socket)
  }

  function broken(error: unknown): void {
    refuse('57P02', 'the embedded database failed')
    options.onBroken(error)
  }

  return {
    read(bytes) {
      incoming.push(bytes)
      for (let packet = nextPacket(); packet && state !== 'refused'; packet = nextPacket()) {
        if (state === 'startup') startUp(packet)
        else if (state === 'password') logIn(packet)
        else accept(packet)
      }
    },
    gone() {
      closed = true
      clearTimeout(waiting)
      turns.leave(socket)
      work = work.then(() => (turns.holds(socket) ? rollBack() : undefined)).catch(broken)
    },
  }
}
