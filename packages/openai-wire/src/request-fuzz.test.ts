import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { AppError } from '@signalbox/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { MAX_JSON_DEPTH } from './bounded-outline.ts'
import { outlineJson, spliceJson } from './json-outline.ts'
import { readChatRequest, type ReadChatRequest } from './read-chat-request.ts'

const CORPUS = fileURLToPath(new URL('./corpus', import.meta.url))
/** The same in every run, unless somebody looks for more: `FUZZ_RUNS=100000 FUZZ_SEED=7 npx vitest run …`. */
const PARAMETERS = { seed: Number(process.env['FUZZ_SEED'] ?? 20_261_121), numRuns: Number(process.env['FUZZ_RUNS'] ?? 400) }

test.each(readdirSync(CORPUS).toSorted())('what went wrong once, or nearly, goes well: %s', (name) => {
  requireSound(readFileSync(`${CORPUS}/${name}`))
})

test('any bytes are read as JSON.parse reads them, or refused in our words', () => {
  console.log(`FUZZ_SEED=${PARAMETERS.seed} FUZZ_RUNS=${PARAMETERS.numRuns}`)
  const run = fc.check(
    fc.property(almostRequests(), (bytes) => requireSound(Buffer.from(bytes))),
    PARAMETERS,
  )
  if (run.failed) throw new Error(`${fc.defaultReportMessage(run) ?? 'it failed'}\n\n${keep(run.counterexample?.[0] as Uint8Array)}`)
}, 600_000)

/** All that must hold of a request's bytes, whatever they are. */
function requireSound(body: Buffer): void {
  const parsed = parse(body)
  requireSoundOutline(body, parsed)
  let read: ReadChatRequest
  try {
    read = readChatRequest(body)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(['invalid_json', 'invalid_request']).toContain(error.code)
    expect(error.message.length).toBeLessThan(500)
    expect((error.param ?? '').length).toBeLessThanOrEqual(200)
    // What is no JSON is called so; what is, never.
    if (parsed === undefined) expect(error.code === 'invalid_json' || error.message.includes('nested')).toBe(true)
    else expect(error.code).toBe('invalid_request')
    return
  }
  const value = parsed?.value as Record<string, unknown>
  expect(read.request.model).toBe(value['model'])
  expect(JSON.parse(read.bytes.toString())).toEqual(value)
  // One model for all readers: the one that was judged, or the one that is put in its place.
  expect(modelsIn(read.bytes)).toEqual(Array.from(modelsIn(body), () => value['model']))
  expect(JSON.parse(read.withModel('an "odd"\\ \ud83d\ude00 model').toString())).toEqual({ ...value, model: 'an "odd"\\ \ud83d\ude00 model' })
  expect(read.withModel(String(value['model'])).length).toBeLessThanOrEqual(body.length + modelsIn(body).length * 2_048)
}

function requireSoundOutline(body: Buffer, parsed: { value: unknown } | undefined): void {
  const outline = outlineJson(body, { key: 'model', maxDepth: MAX_JSON_DEPTH })
  if (parsed === undefined) return
  const { value } = parsed
  expect(outline.withinDepth).toBe(depthIn(body.toString()) <= MAX_JSON_DEPTH)
  if (!outline.withinDepth) return
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const models = modelsIn(body)
  expect(models.length > 0).toBe(isObject && Object.hasOwn(value, 'model'))
  if (models.length === 0) return
  expect(models.at(-1)).toEqual((value as Record<string, unknown>)['model'])
  // What stands before, between and behind the spans is left as it is.
  const spliced = spliceJson(body, outline.values, 'x')
  expect(spliced.length).toBe(body.length + outline.values.reduce((more, { start, end }) => more + 3 - (end - start), 0))
  expect(parse(spliced)?.value).toEqual({ ...(value as object), model: 'x' })
}

function modelsIn(bytes: Buffer): unknown[] {
  return outlineJson(bytes, { key: 'model', maxDepth: MAX_JSON_DEPTH }).values.map(
    ({ start, end }) => JSON.parse(bytes.toString('utf8', start, end)) as unknown,
  )
}

/** As a client that knows nothing of ours would read it: UTF-8, perhaps with a byte order mark. */
function parse(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown }
  } catch {
    return undefined
  }
}

/** How deep valid JSON is nested, counted another way: with its strings taken out. */
function depthIn(json: string): number {
  let depth = 0
  let deepest = 0
  for (const bracket of json.replace(/"(?:[^"\\]|\\.)*"/gs, '').replace(/[^[\]{}]/g, '')) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/** Requests, most of them with something wrong: in their shape, in their JSON, or in single bytes. */
function almostRequests(): fc.Arbitrary<Uint8Array> {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('model', '"model":', '\\', '\u0000', '\ud800', '[[[', '\u2028'))
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<unknown>(null, 1e308, -1, 0.5, '', [], {}, true))
  const message = fc.record(
    {
      role: fc.oneof(fc.constantFrom<unknown>('system', 'developer', 'user', 'assistant', 'tool', 'function', 'boss'), odd),
      content: fc.oneof(text, odd, fc.array(fc.record({ type: fc.constantFrom('text', 'image_url', 'x'), text }), { maxLength: 3 })),
      tool_call_id: fc.oneof(fc.constant('c'), odd),
      tool_calls: fc.oneof(
        odd,
        fc.array(fc.record({ id: fc.constant('c'), type: fc.constant('function'), function: fc.record({ name: text, arguments: text }) }), { maxLength: 2 }),
      ),
    },
    { requiredKeys: ['role', 'content'] },
  )
  const request = fc.record(
    {
      model: fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: odd }),
      messages: fc.oneof({ weight: 6, arbitrary: fc.array(message, { maxLength: 4 }) }, { weight: 1, arbitrary: odd }),
      temperature: odd,
      n: odd,
      stop: odd,
      tools: odd,
      metadata: odd,
      response_format: odd,
      stream: odd,
      anything: fc.jsonValue({ maxDepth: 5 }),
    },
    { requiredKeys: ['model', 'messages'] },
  )
  const written = fc
    .tuple(
      request,
      fc.constantFrom(undefined, 1, '\t', '\r\n'),
      fc.array(fc.tuple(fc.constantFrom('model', 'messages', 'x', '__proto__'), odd), { maxLength: 2 }),
    )
    .map(([value, indent, more]) => {
      const whole = JSON.stringify(value, null, indent)
      const extra = more.map(([key, inner]) => `,${JSON.stringify(key)}:${JSON.stringify(inner)}`).join('')
      return Buffer.from(`${whole.slice(0, -1)}${extra}}`)
    })
  const damaged = fc
    .tuple(
      written,
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\'))), fc.nat(2)), { minLength: 1, maxLength: 4 }),
    )
    .map(([bytes, cuts]) => damage(bytes, cuts))
  return fc.oneof(
    { weight: 4, arbitrary: written },
    { weight: 4, arbitrary: damaged },
    { weight: 1, arbitrary: fc.uint8Array() },
    { weight: 1, arbitrary: fc.json().map((json) => Buffer.from(json)) },
  )
}

/** At each place a byte is put in, another one put in its place, or one taken out. */
function damage(bytes: Buffer, cuts: readonly (readonly [place: number, byte: number, how: number])[]): Buffer {
  const damaged = [...bytes]
  for (const [place, byte, how] of cuts) damaged.splice(place % (damaged.length + 1), how === 0 ? 0 : 1, ...(how === 2 ? [] : [byte]))
  return Buffer.from(damaged)
}

/** The smallest input that went wrong belongs into the corpus. */
function keep(bytes: Uint8Array): string {
  const file = `${CORPUS}/found-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`
  if (process.env['FUZZ_SAVE'] === undefined)
    return `Run again with FUZZ_SAVE=1 to add it to the corpus, or: echo ${Buffer.from(bytes).toString('base64')} | base64 -d > ${file}`
  writeFileSync(file, bytes)
  return `It was added to the corpus as ${file}`
}
