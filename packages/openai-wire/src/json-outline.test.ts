import fc from 'fast-check'
import { expect, test } from 'vitest'

import { outlineJson, spliceJson } from './json-outline.ts'

const outline = (text: string, maxDepth = 64) => outlineJson(Buffer.from(text), { key: 'model', maxDepth })
const splice = (text: string, model: string) => spliceJson(Buffer.from(text), outline(text).values, model).toString()

test('only the top level’s model is replaced, and nothing else changes by a byte', () => {
  const text =
    '{ "tools":[{"model":"inner"}],"metadata":{"model":"x"}, "model" :\t"signalbox-auto" ,"messages":[{"role":"user","content":"\\"model\\":\\"y\\" ü"}] }'
  expect(splice(text, 'gpt-4o')).toBe(text.replace('"signalbox-auto"', '"gpt-4o"'))
})

test('every one of several models is replaced, so that whoever reads the first reads the same', () => {
  expect(splice('{"model":"a","model":1,"model":"b"}', 'm')).toBe('{"model":"m","model":"m","model":"m"}')
})

test('a key that is written with escapes is the same key', () => {
  expect(splice(String.raw`{"\u006dodel":"a"}`, 'm')).toBe(String.raw`{"\u006dodel":"m"}`)
})

test('strings that end in backslashes and quotes do not mislead it', () => {
  const text = JSON.stringify({ a: '\\', b: '\\"', c: '"model":"x"', model: 'a', d: '\\\\' })
  expect(JSON.parse(splice(text, 'm'))).toEqual({ ...JSON.parse(text), model: 'm' })
})

test('for any JSON object the splice is what parsing, setting the model and writing would give', () => {
  const value = fc.jsonValue({ maxDepth: 5 })
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof(fc.string(), fc.constant('model')), value),
      fc.string(),
      fc.constantFrom(undefined, 2, '\t'),
      (object, model, indent) => {
        const text = JSON.stringify(object, null, indent)
        const expected = Object.hasOwn(object, 'model') ? { ...(JSON.parse(text) as object), model } : JSON.parse(text)
        expect(JSON.parse(splice(text, model))).toEqual(expected)
      },
    ),
  )
})

test('depth is counted as brackets are opened, strings left out', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const depth = depthOf(value)
      const text = JSON.stringify(value)
      expect(outline(text, depth).withinDepth).toBe(true)
      if (depth > 0) expect(outline(text, depth - 1).withinDepth).toBe(false)
    }),
  )
})

test('what is nested too deep is found without recursion, and the top-level key is named', () => {
  expect(outline(`{"model":"x","tools":${'['.repeat(100_000)}`)).toMatchObject({ withinDepth: false, tooDeepIn: 'tools' })
})

test('bytes that are not JSON neither throw nor hang', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outlineJson(Buffer.from(bytes), { key: 'model', maxDepth: 4 })))
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'model', ' ') }), (text) => void outline(text, 4)))
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
