import { toTerms } from '../text/terms.ts'

const ASKING = String.raw`what|how|why|when|where|which|who|whom|whose|whether|does|do|is|are|can|should`
const TELLING = String.raw`explain|describe|find|list|summari[sz]e|tell|show|name|give|look|check|outline|research|investigate|analy[sz]e|identify|write|propose|recommend|suggest|book|order|set|send|create|translate|convert|detect`

/** `…, and how`, `… and then explain`, `; list`: a new question begins in the same sentence. */
const NEXT_QUESTION = new RegExp(
  String.raw`\s*[,;]?\s+(?:and|but)\s+(?:then\s+|also\s+|finally\s+)?(?=(?:${ASKING}|${TELLING})\s)|\s*[,;]\s*(?:then\s+)?(?=(?:${ASKING}|${TELLING})\s)|\s*[,;]?\s+(?:and\s+)?then\s+(?=\w)`,
  'i',
)

/** A list of numbered or bulleted lines. */
const LIST_LINE = /^\s*(?:[-*+]|\d+[.)]|\([a-z\d]\))\s+/

/**
 * The questions and tasks of a text, each without the others: sentences, lines of a list, and the
 * halves of "what is A and how does B". A sentence that asks nothing is context, and stays with the next.
 */
export function splitQuestions(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const listed = lines.filter((line) => LIST_LINE.test(line))
  if (listed.length > 1) return listed.map((line) => line.replace(LIST_LINE, '').trim())

  const sentences = text
    .split(/(?<=[.?!])\s+(?=["'“(]?[\p{Lu}\d])|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
  return joinContext(sentences.flatMap(splitSentence))
}

function splitSentence(sentence: string): string[] {
  if (!new RegExp(String.raw`^(?:\W*)(?:${ASKING}|${TELLING})\b`, 'i').test(sentence)) return [sentence]
  const parts = sentence.split(NEXT_QUESTION).map((part) => part.trim())
  return parts.every(standsAlone) ? parts : [sentence]
}

/** "what it is and what it does" is one question of one thing; "how do they compare with …" will have its "they" filled in. */
function standsAlone(part: string, index: number): boolean {
  if (part.split(/\s+/).length < 3 || toTerms(part).length === 0) return false
  return index === 0 || /\b(?:compare|differ)\b/i.test(part) || !/\b(?:it|its|they|them|their)\b/i.test(part)
}

/** Puts statements in front of the question they lead up to, so that no words of the topic are lost. */
function joinContext(sentences: string[]): string[] {
  if (!sentences.some(isAsking)) return sentences.length > 1 ? [sentences.join(' ')] : sentences
  const joined: string[] = []
  let context = ''
  for (const sentence of sentences) {
    if (isAsking(sentence)) {
      joined.push(`${context}${sentence}`)
      context = ''
    } else context += `${sentence} `
  }
  if (context !== '') joined[joined.length - 1] += ` ${context.trim()}`
  return joined
}

function isAsking(sentence: string): boolean {
  return sentence.endsWith('?') || new RegExp(String.raw`^\W*(?:please\s+)?(?:${ASKING}|${TELLING}|compare|contrast)\b`, 'i').test(sentence)
}
