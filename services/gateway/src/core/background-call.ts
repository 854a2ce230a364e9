import type { RoutingFacts } from './routing-facts.ts'

type Pattern = readonly [call: string, pattern: RegExp]

/**
 * Chat UIs ask the same model for titles, tags and follow-ups behind a conversation's back. Those
 * calls quote the conversation, so a classifier would judge the conversation and not the call.
 *
 * Open WebUI opens its prompts with `### Task:`, but also the one that answers a user from his own
 * documents ("Respond to the user query using the provided context"), which is no background call.
 */
const TASKS: readonly Pattern[] = [
  ['a title', /^#{1,3} task:?\s*(?:generate|create)\b.{0,80}\btitle\b/is],
  ['tags', /^#{1,3} task:?\s*(?:generate|create)\b.{0,80}\btags?\b/is],
  ['follow-ups', /^#{1,3} task:?\s*(?:suggest|generate)\b.{0,80}\bfollow[- ]?ups?\b/is],
  ['search queries', /^#{1,3} task:?\s*(?:analyze the chat history|generate\b.{0,80}\bquer(?:y|ies)\b)/is],
  ['an image prompt', /^#{1,3} task:?\s*generate\b.{0,80}\bimage\b/is],
  ['autocompletion', /^#{1,3} task:?\s*you are an autocompletion system/i],
  ['an emoji', /^(?:#{1,3} task:?\s*)?your task is to reflect the speaker['’]s likely facial expression/i],
]

/** LibreChat, LobeChat, Chatbox and others, each in words of their own. */
const REQUESTS: readonly Pattern[] = [
  ['a title', /\b(?:generate|create|write|provide|suggest)\b[^\n]{0,140}\btitle\b[^\n]{0,60}\b(?:conversation|chat|dialogue|thread|discussion)\b/i],
  ['a title', /\bgive this (?:conversation|chat) a (?:name|title)\b/i],
  ['a title', /^(?:please )?analyze this conversation and provide\b.{0,160}\btitle\b/is],
  ['tags', /\b(?:generate|create|provide|suggest)\b[^\n]{0,60}\btags\b[^\n]{0,60}\b(?:conversation|chat|dialogue|thread|discussion)\b/i],
  ['follow-ups', /\b(?:generate|suggest|provide)\b[^\n]{0,60}\bfollow[- ]?up (?:questions|prompts)\b[^\n]{0,80}\b(?:conversation|chat|dialogue)\b/i],
]

/** Instructions speak of many things; they are read only for what the whole call is. */
const ROLES: readonly Pattern[] = [...TASKS, ['a title', /^you are an? [^.\n]{0,60}\b(?:conversation summarizer|title generator)\b/i]]

/** Such prompts say what they are at their beginning; the rest is the conversation that they quote. */
const READ_CHARACTERS = 300

/** What a chat UI asks for behind the conversation's back; undefined for everything else. */
export function readBackgroundCall({ question, instructions }: Pick<RoutingFacts, 'question' | 'instructions'>): string | undefined {
  return find(TASKS, question) ?? find(REQUESTS, question) ?? find(ROLES, instructions)
}

function find(patterns: readonly Pattern[], prompt: string): string | undefined {
  const opening = prompt.slice(0, READ_CHARACTERS).trimStart()
  return opening === '' ? undefined : patterns.find(([, pattern]) => pattern.test(opening))?.[0]
}
