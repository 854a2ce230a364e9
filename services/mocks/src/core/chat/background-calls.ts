import { toTerms } from '../text/terms.ts'

/**
 * Answers the calls that chat UIs make behind a conversation's back (`### Task: Generate a concise
 * title…`): a title or tags out of the conversation's own words, and no follow-ups, since the
 * scripted model has no ideas. Undefined for anything else.
 */
export function answerBackgroundCall(prompt: string): string | undefined {
  if (
    !/^\s*#{1,3}\s*task\b/i.test(prompt) &&
    !/^\s*(?:please\s+)?(?:generate|create|write|provide|give)\b[^\n]{0,80}\b(?:title|tags)\b[^\n]{0,120}\b(?:chat|conversation|dialogue|thread)\b/i.test(
      prompt,
    )
  )
    return undefined
  const words = readConversationWords(prompt)
  const wantsJson = /\bjson\b/i.test(prompt)
  if (/\bfollow[- _]?ups?\b/i.test(prompt)) return wantsJson ? '{"follow_ups": []}' : ''
  if (/\btags?\b/i.test(prompt) && !/\btitle\b/i.test(prompt)) {
    const tags = [...new Set(words.map((word) => word.toLowerCase()))].slice(0, 3)
    return wantsJson ? JSON.stringify({ tags }) : tags.join(', ')
  }
  if (!/\btitle\b/i.test(prompt)) return undefined
  const title = toTitle(words)
  return wantsJson ? JSON.stringify({ title }) : title
}

function toTitle(words: readonly string[]): string {
  const title = words.slice(0, 5).join(' ')
  return title === '' ? 'New chat' : title.charAt(0).toUpperCase() + title.slice(1)
}

/** The telling words of the first thing the user said, where the prompt marks it; else of the prompt's last line. */
function readConversationWords(prompt: string): string[] {
  const history = /<chat_history>([\s\S]*?)<\/chat_history>/i.exec(prompt)?.[1] ?? prompt
  const said = /^\W*(?:user|human)\W*:\s*(.+)$/im.exec(history)?.[1] ?? history.trim().split('\n').at(-1) ?? ''
  return said.split(/[^\p{L}\p{N}'-]+/u).filter((word) => toTerms(word).length > 0)
}
