import { expect, test } from 'vitest'

import { nodeThatMade, sampleSession } from './contract/sample-session.ts'
import { createDocumentPacker } from './pack-document.ts'

const LARGE = 1_000_000

test('a document without large values is as it was', () => {
  const document = sampleSession({ nodes: { n1: nodeThatMade(1_000) } })
  const packed = createDocumentPacker().pack(document)
  expect(JSON.parse(packed.json)).toEqual(document)
  expect(packed.parts.size).toBe(0)
})

test('what was stored once costs no save after that anything', () => {
  const packer = createDocumentPacker()
  const document = sampleSession({ nodes: { n1: nodeThatMade(LARGE) }, conversation: [{ role: 'user', text: 'why? '.repeat(LARGE / 5) }] })
  const first = packer.pack(document)
  expect([...first.parts.values()].map(({ length }) => length > LARGE)).toEqual([true, true])
  first.stored()

  const next = packer.pack({ ...document, nodes: { ...document.nodes, n2: nodeThatMade(10) } })
  expect(next.parts.size).toBe(0)
  expect(next.json.length).toBeLessThan(3_000)
})

test('what was not stored is packed again', () => {
  const packer = createDocumentPacker()
  const document = sampleSession({ nodes: { n1: nodeThatMade(LARGE) } })
  packer.pack(document)
  expect(packer.pack(document).parts.size).toBe(1)
})

test('what was unpacked need not be stored again', () => {
  const document = sampleSession({ nodes: { n1: nodeThatMade(LARGE), n2: nodeThatMade(10) } })
  const packed = createDocumentPacker().pack(document)
  const elsewhere = createDocumentPacker()
  const unpacked = elsewhere.unpack(packed.json)
  expect(unpacked.keys).toEqual([...packed.parts.keys()])
  const whole = unpacked.complete(packed.parts)
  expect(whole).toEqual(document)
  expect(elsewhere.pack(whole).parts.size).toBe(0)
  expect(JSON.parse(elsewhere.pack(whole).json)).toEqual(JSON.parse(packed.json))
})

test('the limit is 4 KB of JSON, counted in bytes', () => {
  const packer = createDocumentPacker()
  const beside = (characters: number, mark: string): number => packer.pack(sampleSession({ nodes: { n1: nodeThatMade(characters, mark) } })).parts.size
  const frame = JSON.stringify({ text: '', data: [] }).length
  expect(beside(4 * 1024 - frame, 'x')).toBe(0)
  expect(beside(4 * 1024 - frame + 1, 'x')).toBe(1)
  expect(beside(20_000, 'ä')).toBe(1)
})

test('a document of which a part is missing is not handed out', () => {
  const packer = createDocumentPacker()
  const { json } = packer.pack(sampleSession({ nodes: { n1: nodeThatMade(LARGE) } }))
  expect(() => packer.unpack(json).complete(new Map())).toThrow(/part of the session document is missing/)
})

test('five hundred large branches are packed and unpacked in no time to speak of', () => {
  const packer = createDocumentPacker()
  const nodes = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`n1.${index}`, nodeThatMade(40_000, String.fromCharCode(97 + (index % 26)))]))
  const document = sampleSession({ nodes })
  const packed = packer.pack(document)
  packed.stored()
  expect(packer.unpack(packed.json).complete(packed.parts)).toEqual(document)
  const since = performance.now()
  for (let save = 0; save < 20; save += 1) packer.pack(document)
  expect((performance.now() - since) / 20).toBeLessThan(50)
})
