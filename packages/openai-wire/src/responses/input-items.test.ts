import { expect, test } from 'vitest'

import { readItemHome, toInputItems } from './input-items.ts'
import { createResponseComposer } from './compose-response.ts'
import { toResponseObject } from './response-object.ts'

const ID = `resp_${'0123456789ab'.repeat(4)}`

test('items that came without an id get one that says where they stand', () => {
  const items = toInputItems(
    {
      input: [
        { role: 'user', content: 'a' },
        { type: 'function_call_output', call_id: 'c', output: 'x' },
        { role: 'user', content: 'b', id: 'msg_mine' },
      ],
    },
    ID,
  )
  expect(items.map(({ id }) => readItemHome(id))).toEqual([ID, ID, undefined])
  expect(new Set(items.map(({ id }) => id)).size).toBe(3)
})

test('items of a response lead back to it too, and nobody else’s ids do', () => {
  const composer = createResponseComposer(toResponseObject({ model: 'm' }, { id: ID, createdAt: 1, model: 'm' }))
  composer.write('x')
  composer.complete({ at: 1 })
  expect(readItemHome(composer.response.output[0]?.id ?? '')).toBe(ID)
  for (const id of ['msg_1', `msg_${'0'.repeat(50)}zz`, 'mcpr_apr_1', ID, '']) expect(readItemHome(id)).toBeUndefined()
})

test('a text is one message, nothing is none', () => {
  expect(toInputItems({ input: 'hi' }, ID)).toMatchObject([
    { type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text: 'hi' }] },
  ])
  expect(toInputItems({ input: '' }, ID)).toEqual([])
  expect(toInputItems({}, ID)).toEqual([])
})
