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
