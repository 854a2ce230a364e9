import { expect, test } from 'vitest'

import { collectItemIds } from './item-ids.ts'

const TEXT = [
  { type: 'response.created', response: { id: 'resp_0000000000', output: [] } },
  { type: 'response.output_item.added', item: { id: 'rs_0123456789', type: 'reasoning' } },
  { type: 'response.output_text.delta', item_id: 'msg_0123456789', delta: 'say {"id":"msg_hidden_in_words"} and "id": "fc_hidden_too_x"' },
  { type: 'response.output_item.done', item: { id: 'fc_0123456789', call_id: 'call_0123456789', type: 'function_call' } },
]
  .map((event) => `data: ${JSON.stringify(event)}\n\n`)
  .join('')

test('a response’s items are found, however its bytes were cut, and what a model says is not taken for one', () => {
  for (const size of [1, 2, 3, 7, 64, TEXT.length]) {
    const ids = collectItemIds()
    for (let at = 0; at < TEXT.length; at += size) ids.hear(TEXT.slice(at, at + size))
    expect([...ids.found]).toEqual(['rs_0123456789', 'msg_0123456789', 'fc_0123456789'])
  }
})

test('of a response without end no more than a thousand are remembered', () => {
  const ids = collectItemIds()
  for (let number = 0; number < 3_000; number++) ids.hear(`{"id":"msg_${String(number).padStart(8, '0')}"}`)
  expect(ids.found.size).toBe(1_000)
})
