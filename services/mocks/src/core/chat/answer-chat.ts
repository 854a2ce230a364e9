import { answerArithmetic } from './arithmetic.ts'

/** What the scripted model says when it is given no material: what little it can do, and honestly that it can do no more. */
export function answerChat(text: string): string {
  const asked = text.trim()
  if (asked === '') return `There is nothing to answer. ${WHO}`
  return answerArithmetic(asked) ?? answerEcho(asked) ?? answerGreeting(asked) ?? `${WHO} I cannot answer this by myself. ${HOW}`
}

const WHO = 'I am the scripted model that is built into Signalbox, a stand-in for a real one.'
const HOW =
  'To have your documents searched, ask with the model `signalbox-orchestrated`, or ask for sources. ' +
  'To talk to a real model, set OPENAI_API_KEY, or LLM_BASE_URL for any OpenAI-compatible server, and start again.'

function answerGreeting(text: string): string | undefined {
  if (text.length > 60) return undefined
  if (/^(?:thanks?|thank you)\b/i.test(text)) return 'You are welcome.'
  if (/^(?:bye|goodbye)\b/i.test(text)) return 'Goodbye.'
  return /^(?:hi|hello|hey|howdy|good (?:morning|afternoon|evening|day)|who are you|what are you|how are you)\b/i.test(text)
    ? `Hello. ${WHO} I greet, do sums, and quote the documents that I am given. ${HOW}`
    : undefined
}

/** `Say "hello"`, `Reply with exactly: OK`: the words are in the prompt. */
function answerEcho(text: string): string | undefined {
  return /^(?:please\s+)?(?:say|repeat|echo|reply with|respond with|answer with)(?:\s+(?:after me|exactly|only|just|the words?|back))*\s*:?\s+(?<words>.+)$/is
    .exec(text)
    ?.groups?.['words']?.trim()
    .replace(/^["'“`](.+)["'”`][.!]?$/s, '$1')
}
