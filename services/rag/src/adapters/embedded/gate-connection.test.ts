import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import { createPgwireGate, type Gate } from './pgwire-gate.ts'
import { readyForQuery, simpleQuery } from './pgwire.ts'

const PASSWORD = 'secret'
const FLUSH = Buffer.from([0x48, 0, 0, 0, 4])
let gate: Gate | undefined
afterEach(() => gate?.close())

test('a connection that flushed and says no more loses its turn, and leaves nothing behind', async () => {
  const executed: string[] = []
  const port = await listen((batch) => {
    executed.push(typesOf(batch))
    return batch[0] === 0x48 ? Buffer.alloc(0) : readyForQuery('I')
  }, 50)
  const idler = await logIn(port)
  idler.write(FLUSH)
  const other = await logIn(port)
  other.write(simpleQuery('SELECT 1'))
  await once(other, 'data')
  // What the idler left is ended with a Sync before it is rolled back, and then it is the other's turn.
  expect(executed).toEqual(['H', 'SQ', 'Q'])
  expect(idler.destroyed || idler.readableEnded || (await once(idler, 'close'))).toBeTruthy()
})

test('a backend that fails is told of, not kept', async () => {
  const broken = Promise.withResolvers<unknown>()
  const port = await listen(() => Promise.reject(new Error('unreachable executed')), 1_000, broken.resolve)
  const socket = await logIn(port)
  socket.write(simpleQuery('SELECT 1'))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString('latin1')).toContain('57P02')
  expect(await broken.promise).toMatchObject({ message: 'unreachable executed' })
})

test('one that leaves the line is forgotten, and the line moves on', async () => {
  const executed: string[] = []
  const first = Promise.withResolvers<Buffer>()
  const port = await listen((batch) => {
    executed.push(Buffer.from(batch).toString('utf8', 5, batch.length - 1))
    return executed.length === 1 ? first.promise : readyForQuery('I')
  }, 1_000)
  const [one, two, three] = [await logIn(port), await logIn(port), await logIn(port)]
  one.write(simpleQuery('one'))
  two.write(simpleQuery('two'))
  two.end()
  await once(two.resume(), 'close')
  three.write(simpleQuery('three'))
  first.resolve(readyForQuery('I'))
  await once(three, 'data')
  expect(executed).toEqual(['one', 'three'])
})

async function listen(
  execute: (batch: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  idleInTransactionMs: number,
  onBroken: (error: unknown) => void = () => undefined,
): Promise<number> {
  gate = createPgwireGate({ execute: async (batch) => execute(batch), password: PASSWORD, idleInTransactionMs, onBroken })
  await once(gate.server.listen(0, '127.0.0.1'), 'listening')
  return (gate.server.address() as AddressInfo).port
}

/** A client that has said who it is, and was let in. */
async function logIn(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  const hello = Buffer.alloc(9)
  hello.writeInt32BE(9, 0)
  hello.writeInt32BE(196_608, 4)
  socket.write(hello)
  await once(socket, 'data')
  const password = Buffer.from(`p\0\0\0\0${PASSWORD}\0`)
  password.writeInt32BE(password.length - 1, 1)
  socket.write(password)
  await once(socket, 'data')
  return socket
}

/** The types of the messages in a batch, in order. */
function typesOf(batch: Uint8Array): string {
  const bytes = Buffer.from(batch)
  let types = ''
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) types += String.fromCharCode(bytes[at] as number)
  return types
}
