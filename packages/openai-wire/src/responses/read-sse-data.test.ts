import { expect, test } from 'vitest'

import { readSseData } from './read-sse-data.ts'

const BYTES = Buffer.from(': comment\nevent: x\ndata: {"a":"ä😀"}\n\ndata:no blank\ndata: two\r\n\r\nid: 7\nretry: 1\n\ndata: [DONE]\n\ndata: cut off')
const SAID = ['{"a":"ä😀"}', 'no blank\ntwo', '[DONE]']

test('the data of each event is read, and what is cut off is none', async () => {
  expect(await read([BYTES])).toEqual(SAID)
})

test('the same comes out wherever the bytes are cut in two', async () => {
  for (let at = 1; at < BYTES.length; at++) expect(await read([BYTES.subarray(0, at), BYTES.subarray(at)])).toEqual(SAID)
})

test('and one by one', async () => {
  expect(await read(Array.from(BYTES, (byte) => Buffer.of(byte)))).toEqual(SAID)
})

test('a long line that comes in many pieces is looked through once', async () => {
  const long = 'x'.repeat(6 * 1_024 * 1_024)
  const bytes = Buffer.from(`data: ${long}\r\n\r\ndata: b\r\r`)
  const pieces = Array.from({ length: Math.ceil(bytes.length / 512) }, (_, index) => bytes.subarray(index * 512, (index + 1) * 512))
  expect((await read([...pieces, Buffer.from('\n')])).map(({ length }) => length)).toEqual([long.length, 1])
})

test('a line without end is not waited for', async () => {
  const piece = Buffer.alloc(1_024 * 1_024, 'x')
  await expect(read(Array.from({ length: 16 }, () => piece))).rejects.toMatchObject({ code: 'upstream_invalid' })
})

async function read(pieces: readonly Buffer[]): Promise<string[]> {
  async function* give(): AsyncGenerator<Buffer> {
    yield* pieces
  }
  const said: string[] = []
  for await (const data of readSseData(give())) said.push(data)
  return said
}
