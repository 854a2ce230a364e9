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
  ["Your task is to create a detailed summary of the conversation so far, paying close attention to the user's explicit requests", 'a summary'],
  [
    `CRITICAL: Respond with TEXT ONLY. Do NOT call any tools. Do NOT ask follow-up questions.\n- You already have all the context you need in the conversation above.\n- Tool calls will be rejected and will waste your only turn.\n\nYour task is to create a detailed summary of the conversation so far`,
    'a summary',
  ],
  ['You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary for another LLM that will resume the task.', 'a summary'],
  ['Provide a detailed prompt for continuing our conversation above. Focus on information that would be helpful', 'a summary'],
  ['Progressively summarize the lines of conversation provided, adding onto the previous summary returning a new summary.', 'a summary'],
  ['Summarize the conversation by integrating new lines into the current summary.', 'a summary'],
  ['<explicit_instructions type="summarize_task">\nThe current conversation is rapidly running out of context.', 'a summary'],
  ['Please summarize the following conversation:\n\nuser: compare A and B', 'a summary'],
  ['Summarize our conversation so far.', 'a summary'],
  ['Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title', 'a topic'],
  ['Analyze *only* the content and structure of your immediately preceding response (your last turn in the conversation history).', 'whose turn it is'],
  ['Given the following conversation and a follow up question, rephrase the follow up question to be a standalone question.', 'search queries'],
])('%s', (question, call) => {
  expect(readBackgroundCall({ question, instructions: '' })).toBe(call)
})

test('the role that some UIs give the model says it too', () => {
  expect(readBackgroundCall({ question: 'USER: compare A and B', instructions: 'You are a professional conversation summarizer. Generate a title' })).toBe(
    'a title',
  )
})

test.each([
  'Summarize the three contracts and compare their notice periods',
  'Summarize this conversation between Alice and the bank, and check it against our complaints policy?',
  'Your task is to compare the summary of the conversation with the contract',
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
