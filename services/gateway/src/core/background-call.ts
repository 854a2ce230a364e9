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

const TASKS_AND_REQUESTS: readonly Pattern[] = [...TASKS, ...REQUESTS]

/** What keeps a long conversation short: it is all there is to work on, and comes along. */
const SUMMARIES: readonly Pattern[] = [
  ['a summary', /\byour task is to create a (?:detailed|comprehensive|concise) summary of the (?:recent portion of the )?conversation\b/i],
  ['a summary', /^you are performing a context checkpoint compaction\b/i],
  ['a summary', /^(?:please )?(?:provide|write|create) a detailed (?:prompt|summary) for continuing our conversation\b/i],
  ['a summary', /^progressively summarize the lines of conversation\b/i],
  ['a summary', /^summarize the conversation by integrating new lines into the current summary\b/i],
  ['a summary', /^<explicit_instructions type="(?:summarize_task|condense|new_task)">/i],
  [
    'a summary',
    /^(?:please )?(?:summarize|summarise|condense|compact) (?:the following|this|our|the) (?:conversation|chat|dialogue|discussion)\b[^\n?]{0,120}(?:$|[.:\n])/i,
  ],
  ['a topic', /^analyze if this message indicates a new conversation topic\b/i],
  ['whose turn it is', /^analyze \*?only\*? the content and structure of your immediately preceding response\b/i],
  ['search queries', /^given (?:the following|a) (?:conversation|chat history)\b.{0,200}\b(?:rephrase|standalone question)\b/is],
  ['search queries', /^you are an ai question rephraser\b/i],
  ['search queries', /^you will be given a conversation below and a follow[- ]?up question\b/i],
]

/** Instructions speak of many things; they are read only for what the whole call is. */
const ROLES: readonly Pattern[] = [
  ...TASKS,
  ...SUMMARIES,
  ['a title', /^you are an? [^.\n]{0,60}\b(?:conversation summarizer|title generator)\b/i],
  ['a title', /^you are an assistant (?:who is )?skilled in conversation\b.{0,120}\btitle\b/is],
  ['a summary', /^you['’]?(?:re| are) an? [^.\n]{0,80}\bextracting key takeaways from conversations\b/i],
  ['a summary', /^you are an? (?:helpful )?(?:ai )?(?:assistant|agent) (?:tasked with|that) summariz(?:ing|es) conversations\b/i],
  ['a summary', /^you are the component that summarizes internal chat history\b/i],
]

/** All of them have one of these words, and few questions do: most requests are told apart by one look. */
const WORDS = /title|tags|follow|task|summar|conversation|rephras|standalone|explicit_instructions|analyze|compact|condense|takeaways|discussion|chat\b/i

/** Such prompts say what they are at their beginning; the rest is the conversation that they quote. */
const READ_CHARACTERS = 300
/** Those that summarize may first forbid the tools. */
const READ_OF_SUMMARIES = 700

/** What a chat UI asks for behind the conversation's back; undefined for everything else. */
export function readBackgroundCall({ question, instructions }: Pick<RoutingFacts, 'question' | 'instructions'>): string | undefined {
  return find(TASKS_AND_REQUESTS, question) ?? find(SUMMARIES, question, READ_OF_SUMMARIES) ?? find(ROLES, instructions)
}

function find(patterns: readonly Pattern[], prompt: string, characters = READ_CHARACTERS): string | undefined {
  const opening = prompt.slice(0, characters).trimStart()
  return !WORDS.test(opening) ? undefined : patterns.find(([, pattern]) => pattern.test(opening))?.[0]
}
