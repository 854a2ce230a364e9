import { describe, expect, it } from 'vitest'

import { createSseCutter, readSse } from './read-sse.ts'

const encoder = new TextEncoder()

describe('reading server-sent events', () => {
  it('yields the same events wherever the bytes were split', () => {
    const bytes = encoder.encode('id: 1\ndata: {"a":"ä€"}\n\n: keep-alive\n\nid: 2\r\ndata: one\r\ndata: two\r\n\r\n')
    for (let at = 0; at <= bytes.length; at += 1) {
      const cut = createSseCutter()
      expect([...cut(bytes.slice(0, at)), ...cut(bytes.slice(at))]).toEqual([
        { data: '{"a":"ä€"}', id: '1' },
        { data: 'one\ntwo', id: '2' },
      ])
    }
  })

  it('says nothing of an event whose end never came', async () => {
    const messages = []
    for await (const message of readSse(bodyOf(['data: whole\n\n', 'data: half']), { silenceMs: 1_000 })) messages.push(message.data)
    expect(messages).toEqual(['whole'])
  })

  it('gives a line up on which nothing comes', async () => {
    const silent = new ReadableStream<Uint8Array>({})
    await expect(readSse(silent, { silenceMs: 5 }).next()).rejects.toThrow('Nothing came for too long.')
  })
})

function bodyOf(pieces: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece))
      controller.close()
    },
  })
}
