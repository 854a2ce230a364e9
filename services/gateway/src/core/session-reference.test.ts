import { expect, test } from 'vitest'

import { readNamedSession, readSessionHint } from './session-reference.ts'

const ID = 'ses_00000000000000000000000000'

test('only the assistant turn that was replayed last is looked at', () => {
  const turns = (...roles: ('user' | 'assistant')[]) => roles.map((role, index) => ({ role, text: index === 0 ? `see ${ID}.` : 'nothing' }))
  expect(
    readSessionHint([
      { role: 'user', text: 'q' },
      { role: 'assistant', text: `Ref: ${ID}\n` },
      { role: 'user', text: 'and?' },
    ]),
  ).toBe(ID)
  expect(readSessionHint(turns('assistant', 'user', 'assistant', 'user'))).toBeUndefined()
  expect(readSessionHint(turns('user'))).toBeUndefined()
})

test('what we wrote at the end of a turn counts before what an agent said in it', () => {
  const other = 'ses_11111111111111111111111111'
  const hint = (text: string): string | undefined => readSessionHint([{ role: 'assistant', text }])
  expect(hint(`Shall I stop ${other}?\n\nRef: ${other}\n\nRef: ${ID}`)).toBe(ID)
  expect(hint(`Shall I stop ${other}?\r\n\r\n> Ref: ${ID}  \r\n`)).toBe(ID)
  expect(hint(`I looked at ${other}, and at ${ID}.`)).toBe(other)
})

test.each(['\n', '-\n', '\r', '- ', '\u2028'])('an answer with nothing in it but %j takes no time to be looked through', (piece) => {
  expect(readSessionHint([{ role: 'assistant', text: piece.repeat(100_000) }])).toBeUndefined()
  expect(readSessionHint([{ role: 'assistant', text: `${piece.repeat(100_000)}\n**Ref: ${ID}**${piece.repeat(100_000)}` }])).toBe(ID)
})

test('a header names a session outright; metadata only with an id of ours', () => {
  expect(readNamedSession({ header: 'anything', metadata: ID })).toBe('anything')
  expect(readNamedSession({ header: undefined, metadata: ID })).toBe(ID)
  expect(readNamedSession({ header: '', metadata: 'their-own-id' })).toBeUndefined()
})
