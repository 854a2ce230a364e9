import fc from 'fast-check'
import { expect, test } from 'vitest'

import { addMetadata, createResponseComposer, type ResponseComposer } from './compose-response.ts'
import { ENDING_EVENTS, type ResponseEvent } from './response-events.ts'
import { toResponseObject, type ResponseObject } from './response-object.ts'

const SUFFIX = 'a'.repeat(48)
const begin = (more: Partial<ResponseObject> = {}): ResponseObject => ({
  ...toResponseObject({ model: 'm', input: 'x' }, { id: `resp_${SUFFIX}`, createdAt: 7, model: 'm' }),
  ...more,
})
const typesOf = (events: readonly ResponseEvent[]): string[] => events.map(({ type }) => type)

test('a response that is queued says so before it begins', () => {
  const composer = createResponseComposer(begin({ status: 'queued' }))
  const events = composer.open()
  expect(typesOf(events)).toEqual(['response.created', 'response.queued', 'response.in_progress'])
  expect(events.map((event) => 'response' in event && event.response.status)).toEqual(['queued', 'queued', 'in_progress'])
})

test('reasoning ends where the answer begins, and may begin again', () => {
  const composer = createResponseComposer(begin())
  composer.reason('one')
  composer.write('text')
  composer.reason('two')
  composer.complete({ at: 9 })
  expect(composer.response.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'reasoning'])
  expect(composer.response).toMatchObject({ status: 'completed', completed_at: 9 })
})

test('ids say in which response an item stands, and no two are the same', () => {
  const composer = createResponseComposer(begin())
  composer.reason('one')
  composer.write('text')
  composer.call(0, { name: 'f', callId: 'c', text: '{}' })
  composer.call(1, { name: 'g', callId: 'd', kind: 'custom', text: 'x' })
  composer.complete({ at: 9 })
  expect(composer.response.output.map(({ id }) => id)).toEqual([`rs_${SUFFIX}00`, `msg_${SUFFIX}01`, `fc_${SUFFIX}02`, `ctc_${SUFFIX}03`])
})

test('what was discarded is closed as unfinished and is not in the response', () => {
  const composer = createResponseComposer(begin())
  composer.write('wrong')
  const [, , closed] = composer.discard()
  expect(closed).toMatchObject({ type: 'response.output_item.done', item: { status: 'incomplete' } })
  composer.write('right')
  composer.complete({ at: 9 })
  expect(composer.response.output).toMatchObject([{ content: [{ text: 'right' }], status: 'completed' }])
})

test('what was noted on the way is not said at the end', () => {
  const composer = createResponseComposer(begin({ metadata: { mine: '1' } }))
  expect(composer.note({ waits: 'yes' })).toMatchObject([{ type: 'response.in_progress', response: { metadata: { mine: '1', waits: 'yes' } } }])
  composer.complete({ at: 9, metadata: { done: 'yes' } })
  expect(composer.response.metadata).toEqual({ mine: '1', done: 'yes' })
})

test('ours never push out what the caller put into the metadata, and there are never more than sixteen', () => {
  const given = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`k${index}`, 'v']))
  const all = addMetadata(given, { session_id: 's', orch_status: 'x'.repeat(600), k0: 'ours' })
  expect(Object.keys(all)).toHaveLength(16)
  expect(all).toMatchObject({ ...given, k0: 'ours', session_id: 's' })
  expect(addMetadata({}, { long: 'x'.repeat(600) })['long']).toHaveLength(512)
})

type Piece = (composer: ResponseComposer) => ResponseEvent[]
const pieces: fc.Arbitrary<Piece> = fc.oneof(
  fc.string({ maxLength: 4 }).map(
    (text): Piece =>
      (composer) =>
        composer.reason(text),
  ),
  fc.string({ maxLength: 4 }).map(
    (text): Piece =>
      (composer) =>
        composer.write(text),
  ),
  fc.string({ maxLength: 4 }).map(
    (text): Piece =>
      (composer) =>
        composer.refuse(text),
  ),
  fc.tuple(fc.nat({ max: 2 }), fc.string({ maxLength: 4 })).map(
    ([index, text]): Piece =>
      (composer) =>
        composer.call(index, { callId: `c${index}`, name: 'f', kind: index === 2 ? 'custom' : 'function', text }),
  ),
  fc.constant<Piece>((composer) => composer.discard()),
  fc.constant<Piece>((composer) => composer.note({ a: 'b' })),
  fc.constant<Piece>((composer) => composer.annotate([{ type: 'file_citation', file_id: 'f', filename: 'f', index: 0 }])),
  fc.nat({ max: 9 }).map(
    (id): Piece =>
      (composer) =>
        composer.ask({ type: 'mcp_approval_request', id: `mcpr_${id}`, server_label: 'a', name: 'b', arguments: '{}' }),
  ),
)

test('whatever is said in whatever order: every item is opened and closed once, deltas are the text, and it is the same again', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), fc.nat({ max: 3 }), (said, ending) => {
      const tell = (): { events: ResponseEvent[]; response: ResponseObject } => {
        const composer = createResponseComposer(begin())
        const events = [...composer.open(), ...said.flatMap((piece) => piece(composer))]
        if (ending === 0) events.push(...composer.complete({ at: 9 }))
        if (ending === 1) events.push(...composer.cut('max_output_tokens', { at: 9 }))
        if (ending === 2) events.push(...composer.fail({ code: 'server_error', message: 'x' }, { at: 9 }))
        if (ending === 3) events.push(...composer.cancel({ at: 9 }))
        for (const piece of said) expect(piece(composer)).toEqual([])
        return { events: structuredClone(events), response: composer.response }
      }
      const { events, response } = tell()
      expect(tell().events).toEqual(events)
      expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index))
      expect(events.filter(({ type }) => ENDING_EVENTS.has(type))).toHaveLength(1)
      const added = events.filter(is('response.output_item.added'))
      const done = events.filter(is('response.output_item.done'))
      expect(added.map((event) => event.output_index)).toEqual(added.map((_, index) => index))
      expect(done.map((event) => event.output_index).toSorted((a, b) => a - b)).toEqual(added.map((event) => event.output_index))
      for (const item of response.output) {
        const deltas = events.filter((event) => 'item_id' in event && event.item_id === item.id && event.type.endsWith('.delta'))
        const told = deltas.map((event) => ('delta' in event ? event.delta : '')).join('')
        expect(told).toBe(textOf(item))
      }
    }),
    { numRuns: 300 },
  )
})

function is<Type extends ResponseEvent['type']>(type: Type): (event: ResponseEvent) => event is ResponseEvent & { type: Type } {
  return (event): event is ResponseEvent & { type: Type } => event.type === type
}

function textOf(item: ResponseObject['output'][number]): string {
  switch (item.type) {
    case 'reasoning':
      return item.summary.map(({ text }) => text).join('')
    case 'message':
      return item.content.map((part) => (part.type === 'refusal' ? part.refusal : part.text)).join('')
    case 'function_call':
      return item.arguments
    case 'custom_tool_call':
      return item.input
    case 'mcp_approval_request':
      return ''
  }
}
