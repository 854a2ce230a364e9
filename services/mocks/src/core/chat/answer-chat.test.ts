import { describe, expect, test } from 'vitest'

import { answerChat } from './answer-chat.ts'
import { answerBackgroundCall } from './background-calls.ts'

describe('the scripted model by itself', () => {
  test.each([
    ['What is 2 + 2?', '2 + 2 = 4'],
    ['17 * (3 + 4)', '17 * (3 + 4) = 119'],
    ['Calculate 1,000 divided by 8', '1000 / 8 = 125'],
    ['what is 2^3^2', '2^3^2 = 512'],
    ['0.1 + 0.2', '0.1 + 0.2 = 0.3'],
    ['Say "hello world"', 'hello world'],
    ['Reply with exactly: OK', 'OK'],
    ['thanks!', 'You are welcome.'],
  ])('answers %s', (question, answer) => {
    expect(answerChat(question)).toBe(answer)
  })

  test.each(['1 / 0', '2 + + 2 *', '(1 + 2', 'What is the capital of France?', 'Write a poem', ''])('says that it cannot answer %s', (question) => {
    expect(answerChat(question)).toContain('scripted model')
  })
})

describe("a chat UI's background calls", () => {
  const history =
    '### Task:\nGenerate a concise, 3-5 word title with an emoji.\n### Output:\nJSON format: { "title": "…" }\n<chat_history>\nUSER: How do stalled jobs get retried?\nASSISTANT: They do.\n</chat_history>'

  test('get a title out of what the user said first', () => {
    expect(answerBackgroundCall(history)).toBe('{"title":"Stalled jobs retried"}')
    expect(answerBackgroundCall('Generate a short title for this conversation:\nUser: plan my trip to Norway')).toBe('Plan trip Norway')
  })

  test('get tags, and no follow-ups', () => {
    expect(answerBackgroundCall(history.replace('title with an emoji', 'list of tags').replace('"title"', '"tags"'))).toBe(
      '{"tags":["stalled","jobs","retried"]}',
    )
    expect(answerBackgroundCall(history.replace('title with an emoji', 'list of follow-ups'))).toBe('{"follow_ups": []}')
  })

  test('are told from conversations', () => {
    expect(answerBackgroundCall('Write a title for my novel about bees')).toBeUndefined()
    expect(answerBackgroundCall('How do I generate tags?')).toBeUndefined()
  })
})
