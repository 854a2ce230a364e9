import type { ConversationTurn } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { toRoutingQuestion } from './routing-question.ts'

const user = (text: string): ConversationTurn => ({ role: 'user', text })
const assistant = (text: string): ConversationTurn => ({ role: 'assistant', text })

test('the last thing that was said is judged, with what led to it', () => {
  expect(toRoutingQuestion([{ role: 'system', text: 'be kind' }, user('hi'), assistant('hello'), user('compare A and B')])).toEqual({
    question: 'compare A and B',
    conversation: 'user: hi\nassistant: hello',
    root: 'hi',
  })
})

test('“continue” is judged by what it goes on with, as that was judged then', () => {
  const turns = [user('hi'), assistant('hello'), user('compare A and B'), assistant('A is')]
  const then = toRoutingQuestion(turns.slice(0, 3))
  expect(toRoutingQuestion([...turns, user('continue')])).toEqual({ ...then, follows: { kind: 'go_on', earlier: 'compare A and B' } })
})

test('however often it is said', () => {
  const turns = [user('compare A and B'), assistant('A is'), user('go on'), assistant('B is'), user('thanks'), assistant('gladly'), user('try again')]
  expect(toRoutingQuestion(turns)).toMatchObject({ question: 'compare A and B', conversation: '', follows: { kind: 'go_on' } })
})

test('“yes” is judged by what was offered; without an offer by what came before', () => {
  const offered = toRoutingQuestion([user('what is A?'), assistant('A is this. Shall I compare it with B and C?'), user('yes please')])
  expect(offered).toMatchObject({ question: 'Shall I compare it with B and C?', follows: { kind: 'assent', earlier: 'what is A?' } })
  expect(offered.conversation).toBe('user: what is A?')
  expect(toRoutingQuestion([user('what is A?'), assistant('A is this.'), user('yes')])).toMatchObject({ question: 'what is A?', follows: { kind: 'assent' } })
})

test('“ok” is a courtesy, but where something was offered', () => {
  expect(toRoutingQuestion([user('compare'), assistant('Done.'), user('ok')]).follows?.kind).toBe('courtesy')
  expect(toRoutingQuestion([user('compare'), assistant('Shall I go on?'), user('ok')]).follows?.kind).toBe('assent')
})

test('what only goes on, and follows nothing, is judged as it is', () => {
  expect(toRoutingQuestion([user('continue')])).toEqual({ question: 'continue', conversation: '', root: 'continue' })
})

test('a message of nothing but a client’s reminders goes on with what came before', () => {
  const turns = [user('compare A and B'), assistant('A is'), user('<system-reminder>The TODO list is empty.</system-reminder>')]
  expect(toRoutingQuestion(turns)).toMatchObject({ question: 'compare A and B', follows: { kind: 'go_on' } })
})

test('what clients wrap around a question is not judged, now or in the turns before', () => {
  const reminder = '<system-reminder>compare and research everything</system-reminder>'
  expect(toRoutingQuestion([user(`hi ${reminder}`), assistant('hello'), user(`what is 2+2? ${reminder}`)])).toEqual({
    question: 'what is 2+2?',
    conversation: 'user: hi\nassistant: hello',
    root: 'hi',
  })
})

test('of a long question both ends are judged, and of a long conversation its last turns', () => {
  const turns = [
    ...Array.from({ length: 30 }, (_, index) => [user(`q${index} ${'x'.repeat(5_000)}`), assistant(`a${index}`)]).flat(),
    user(`BEGIN ${'y'.repeat(100_000)} END`),
  ]
  const { question, conversation, root } = toRoutingQuestion(turns)
  expect(question).toMatch(/^BEGIN y+\n\[…\]\ny+ END$/)
  expect(question.length + conversation.length + root.length).toBeLessThan(16_000)
  expect(conversation).toContain('assistant: a29')
  expect(conversation).not.toContain('a27')
})

test('a conversation without a user asks nothing', () => {
  expect(toRoutingQuestion([assistant('hello')])).toMatchObject({ question: '', conversation: '' })
  expect(toRoutingQuestion([])).toMatchObject({ question: '', conversation: '' })
})
