import { expect, test } from 'vitest'

import { toTranscript } from './transcript.ts'

const turn = (role: 'system' | 'user' | 'assistant', text: string) => ({ role, text })

test('a transcript shows who said what, and the goal not twice', () => {
  const conversation = [turn('user', 'Hello'), turn('assistant', ' Hi '), turn('user', 'And now?')]
  expect(toTranscript(conversation, { goal: 'And now?', maxChars: 1_000 })).toBe('user: Hello\nassistant: Hi')
  expect(toTranscript(conversation, { goal: 'Another', maxChars: 1_000 })).toBe('user: Hello\nassistant: Hi\nuser: And now?')
})

test('a transcript keeps the system turns and the newest turns where room is short', () => {
  const conversation = [turn('system', 'Be kind'), turn('user', 'x'.repeat(60)), turn('assistant', 'newer'), turn('user', 'newest'), turn('user', 'goal')]
  expect(toTranscript(conversation, { goal: 'goal', maxChars: 60 })).toBe('system: Be kind\nassistant: newer\nuser: newest')
})

test('a transcript shortens turns that are long by themselves', () => {
  expect(toTranscript([turn('user', 'x'.repeat(9_000))], { goal: 'goal', maxChars: 5_000 })).toHaveLength(4_006)
})
