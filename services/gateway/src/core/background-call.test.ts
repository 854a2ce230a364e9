import { expect, test } from 'vitest'

import { readBackgroundCall } from './background-call.ts'

test.each<[string, string]>([
  ['### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Guidelines:', 'a title'],
  ['### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history', 'tags'],
  ['### Task:\nSuggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next', 'follow-ups'],
  ['### Task:\nAnalyze the chat history to determine the necessity of generating search queries', 'search queries'],
  ['### Task:\nYou are an autocompletion system. Continue the text in `<text>`', 'autocompletion'],
  ['### Task:\nGenerate a detailed prompt for am image generation task based on the given language', 'an image prompt'],
  ["Your task is to reflect the speaker's likely facial expression through a fitting emoji.", 'an emoji'],
  ['Provide a concise, 5-word-or-less title for the conversation, using title case conventions. Only return the title itself.', 'a title'],
  ['Please generate a concise, 5-word-or-less title for the conversation, using its same language', 'a title'],
  ['Analyze this conversation and provide:\n1. The detected language of the conversation\n2. A concise title in the detected language', 'a title'],
  ['Based on the chat history, give this conversation a name.\nKeep it short', 'a title'],
])('%s', (question, call) => {
  expect(readBackgroundCall({ question, instructions: '' })).toBe(call)
})

test('the role that some UIs give the model says it too', () => {
  expect(readBackgroundCall({ question: 'USER: compare A and B', instructions: 'You are a professional conversation summarizer. Generate a title' })).toBe(
    'a title',
  )
})

test.each([
  '### Task:\nRespond to the user query using the provided context, incorporating inline citations in the format [id]',
  'Compare the titles of these two books',
  'Who was the speaker in this discussion, and what is his title?',
  '# Task 3\nCompare the two policies in our handbook',
  'Summarize the topics that the documents of our discussion group cover',
  'What should I call my conversation club?',
  '',
])('what a person asks is no background call: %s', (question) => {
  expect(
    readBackgroundCall({ question, instructions: 'You are a helpful assistant. When the user asks for it, generate a title for the conversation.' }),
  ).toBeUndefined()
})

test('a long prompt is read at its beginning only', () => {
  expect(readBackgroundCall({ question: `${'x'.repeat(1_000)} generate a title for this conversation`, instructions: '' })).toBeUndefined()
})
