/**
 * "For each of A, B and C, say how it fails": one question for each of a list that the goal itself
 * holds. Undefined where it holds none.
 */
export function splitEach(text: string): string[] | undefined {
  return splitLines(text) ?? splitLeading(text.trim()) ?? splitTrailing(text.trim())
}

const LIST_LINE = /^\s*(?:[-*+]|\d+[.)]|\([a-z\d]\))\s+/
const EACH = /\b(?:each|every\s+one)\s+of\s+(?:the\s+following|these)(?:\s+(?:items?|things|topics|subjects|terms|files|ones|words))?\b\s*:?/i

/** `How is each of the following retried?` and a list, a line each. */
function splitLines(text: string): string[] | undefined {
  const [ask = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length < 2 || !lines.every((line) => LIST_LINE.test(line)) || !EACH.test(ask)) return undefined
  return lines.map((line) =>
    tidy(
      withoutTelling(ask)
        .replace(EACH, `${line.replace(LIST_LINE, '').trim()} `)
        .replace(/[\s:]+$/, ''),
    ),
  )
}

/** `For each of A, B and C, say how it fails.` */
function splitLeading(text: string): string[] | undefined {
  const groups = /^for\s+each\s+of\s+(?:the\s+following\b(?:\s+\w+)?:?\s*)?(?<list>.{1,400}?\s(?:and|or)\s[^,:]{1,80}?)\s*[,:]\s*(?<ask>.+)$/is.exec(
    text,
  )?.groups
  return groups && toItems(groups['list'] as string)?.map((item) => askOf(item, groups['ask'] as string))
}

/** `Explain the retry rules for each of A, B and C.` */
function splitTrailing(text: string): string[] | undefined {
  const groups =
    /^(?<ask>[^.?!\n]{3,400}?)\s+(?<lead>for|of|to|about|with|in|on)\s+each\s+of\s+(?:the\s+following\b(?:\s+\w+)?\s*)?:?\s*(?<list>[^.?!\n]+)[.?!\s]*$/i.exec(
      text,
    )?.groups
  return groups && toItems(groups['list'] as string)?.map((item) => tidy(`${withoutTelling(groups['ask'] as string)} ${groups['lead']} ${item}`))
}

function toItems(list: string): string[] | undefined {
  const items = list
    .split(/\s*[,;]\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+/i)
    .map((item) => item.trim())
    .filter((item) => item !== '')
  return items.length >= 2 && items.every((item) => item.split(/\s+/).length <= 8) ? items : undefined
}

/** What is asked, of one item: in the place of the pronoun that stands for it. */
function askOf(item: string, ask: string): string {
  const told = withoutTelling(ask).replace(/[\s.?!:]+$/, '')
  const pronoun = /\b(?:it|they|its|their)\b/i.exec(told)?.[0]
  if (pronoun === undefined) return tidy(`${told}: ${item}`)
  return tidy(told.replace(pronoun, /^(?:its|their)$/i.test(pronoun) ? `${item}'s` : item))
}

/** `say how …` asks how. */
function withoutTelling(ask: string): string {
  return ask
    .replace(/^(?:please\s+)?(?:say|tell\s+me|explain|describe|find\s+out|look\s+up|show(?:\s+me)?)\s+(?=(?:how|what|why|when|where|which|who)\b)/i, '')
    .trim()
}

function tidy(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s+([?.,!])/g, '$1')
    .trim()
}
