import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import type { ModelUpstream, ReplyReceiver } from '../model-upstream.ts'
import { askModel } from './ask-model.ts'

const REQUEST = { path: '/chat/completions', body: Buffer.from('{}'), stream: true, requestId: 'req', isRetry: false } as const

/** A transport that does what the test says. */
function transport() {
  const done: string[] = []
  let receiver: ReplyReceiver | undefined
  const upstream: Pick<ModelUpstream, 'send'> = {
    send(_request, given) {
      receiver = given
      return { pause: () => done.push('pause'), resume: () => done.push('resume'), stop: () => done.push('stop') }
    },
  }
  return { upstream, done, says: (say: (receiver: ReplyReceiver) => void) => say(receiver as ReplyReceiver) }
}

test('a reply is there as soon as its head is, and its body is read as it comes', async () => {
  const { upstream, says } = transport()
  const asking = askModel(upstream, REQUEST, new AbortController().signal).reply
  says((receiver) => receiver.onReply(200, { 'x-a': 'b' }))
  const { status, headers, body } = await asking
  expect([status, headers]).toEqual([200, { 'x-a': 'b' }])
  const reading = body[Symbol.asyncIterator]()
  const first = reading.next()
  says((receiver) => receiver.onBytes(Buffer.from('one')))
  expect(String((await first).value)).toBe('one')
  says((receiver) => {
    receiver.onBytes(Buffer.from('two'))
    receiver.onEnd()
  })
  expect(String((await reading.next()).value)).toBe('two')
  expect((await reading.next()).done).toBe(true)
})

test('an endpoint that is faster than its reader is slowed down', async () => {
  const { upstream, says, done } = transport()
  const asking = askModel(upstream, REQUEST, new AbortController().signal).reply
  says((receiver) => {
    receiver.onReply(200, {})
    receiver.onBytes(Buffer.alloc(300 * 1_024))
  })
  const reading = (await asking).body[Symbol.asyncIterator]()
  expect(done).toEqual(['pause'])
  await reading.next()
  expect(done).toEqual(['pause', 'resume'])
})

test('what broke off is thrown after what came before it', async () => {
  const { upstream, says } = transport()
  const asking = askModel(upstream, REQUEST, new AbortController().signal).reply
  says((receiver) => {
    receiver.onReply(200, {})
    receiver.onBytes(Buffer.from('one'))
    receiver.onFailure(new AppError('upstream_failed', 'broken'))
  })
  const reading = (await asking).body[Symbol.asyncIterator]()
  expect(String((await reading.next()).value)).toBe('one')
  await expect(reading.next()).rejects.toThrow('broken')
})

test('a signal stops the call before the reply and in the middle of it', async () => {
  for (const hasBegun of [false, true]) {
    const { upstream, says, done } = transport()
    const leaving = new AbortController()
    const asking = askModel(upstream, REQUEST, leaving.signal).reply
    if (hasBegun) says((receiver) => receiver.onReply(200, {}))
    const reading = hasBegun ? (await asking).body[Symbol.asyncIterator]().next() : asking
    leaving.abort(new AppError('canceled', 'left'))
    await expect(reading).rejects.toThrow('left')
    expect(done).toEqual(['stop'])
  }
})

test('whoever stops reading stops the call', async () => {
  const { upstream, says, done } = transport()
  const asking = askModel(upstream, REQUEST, new AbortController().signal).reply
  says((receiver) => {
    receiver.onReply(200, {})
    receiver.onBytes(Buffer.from('one'))
  })
  for await (const _piece of (await asking).body) break
  expect(done.at(-1)).toBe('stop')
})

test('a reply that is settled is read to its end, also when its caller leaves, so that its connection serves the next', async () => {
  const { upstream, says, done } = transport()
  const leaving = new AbortController()
  const asking = askModel(upstream, REQUEST, leaving.signal).reply
  says((receiver) => {
    receiver.onReply(200, {})
    receiver.onBytes(Buffer.from('last words'))
  })
  const reply = await asking
  reply.settle()
  leaving.abort()
  for await (const _piece of reply.body) break
  says((receiver) => {
    receiver.onBytes(Buffer.from('what it has cost'))
    receiver.onEnd()
  })
  expect(done).not.toContain('stop')
})

test('a reply that is settled and goes on all the same is stopped', async () => {
  const { upstream, says, done } = transport()
  const asking = askModel(upstream, REQUEST, new AbortController().signal).reply
  says((receiver) => receiver.onReply(200, {}))
  const reply = await asking
  reply.settle()
  for (let sent = 0; sent < 3; sent++) says((receiver) => receiver.onBytes(Buffer.alloc(40 * 1_024)))
  expect(done.at(-1)).toBe('stop')
})
