import { shareContext } from './share-context.ts'
import { splitEach } from './split-each.ts'
import { splitQuestions } from './split-questions.ts'

/** What a goal asks for, by its form alone: things to hold side by side, several questions, or one. */
export type GoalShape = { kind: 'comparison'; topics: string[] } | { kind: 'questions'; topics: string[] } | { kind: 'single'; topics: [string] }

const MAX_TOPICS = 6
/** Longer ones bring their material along; their form says nothing. */
const LONGEST_FORM = 4_000

/** The forms in which English compares. Each names what is compared, as one text that {@link splitList} takes apart. */
const COMPARISONS: readonly { form: RegExp; joins: RegExp }[] = [
  // compare A with B · contrast A and B
  {
    form: /\b(?:compare|contrast|comparing|contrasting)(?:\s+and\s+contrast)?\s+(?<list>.+)$/i,
    joins: /\s+(?:versus|vs\.?|against|compared (?:to|with)|with|to)\s+/i,
  },
  {
    form: /\bcomparison\s+(?:of|between)\s+(?<list>.+)$/i,
    joins: /\s+(?:versus|vs\.?|against|with|to)\s+/i,
  },
  // the difference between A and B · similarities between A and B
  {
    form: /\b(?:differences?|similarit(?:y|ies)|distinctions?|trade-?offs?|contrast)\s+(?:between|of)\s+(?<list>.+)$/i,
    joins: /\s+(?:versus|vs\.?)\s+/i,
  },
  // how do A and B differ · in what way are A and B different
  {
    form: /\b(?:do|does|are|is)\s+(?<list>.+?)\s+(?:differ|compare|different|alike|similar|relate to each other)\b(?!\s+(?:from|with|to|than))(?<rest>.*)$/i,
    joins: /\s+(?:versus|vs\.?)\s+/i,
  },
  // how does A differ from B · how does A compare to B · is A different from B
  {
    form: /\b(?:do|does|is|are)\s+(?<list>.+?\s+(?:differ|compare|different|similar)\s+(?:from|with|to|than)\s+.+)$/i,
    joins: /\s+(?:differ|compare|different|similar)\s+(?:from|with|to|than)\s+/i,
  },
  // is A better than B
  {
    form: /\b(?:is|are|does|do)\s+(?<list>.+?\s+(?:better|worse|faster|slower|safer|simpler|cheaper|more \w+|less \w+)\s+than\s+.+)$/i,
    joins: /\s+(?:better|worse|faster|slower|safer|simpler|cheaper|more \w+|less \w+)\s+than\s+/i,
  },
  // A vs B
  {
    form: /^(?:what about\s+)?(?<list>.+\s(?:versus|vs\.?)\s.+)$/i,
    joins: /\s+(?:versus|vs\.?)\s+/i,
  },
]

/** Takes a goal apart. Never fails: what has no form that we know is one question. */
export function splitGoal(goal: string): GoalShape {
  if (goal.length > LONGEST_FORM) return { kind: 'single', topics: [goal.trim()] }
  const asked = withoutManners(withEvenSpaces(goal))
  const each = splitEach(asked)
  if (each) return { kind: 'questions', topics: each.slice(0, MAX_TOPICS) }
  const sentences = withoutClosing(splitQuestions(asked))
  for (const [index, sentence] of sentences.entries()) {
    const topics = splitComparison(sentence)?.map((topic) => (isPronoun(topic) ? sentences[index - 1] : topic))
    if (topics && topics.every((topic) => topic !== undefined)) return { kind: 'comparison', topics }
  }
  if (sentences.length > 1) return { kind: 'questions', topics: sentences.slice(0, MAX_TOPICS) }
  return { kind: 'single', topics: [sentences[0] ?? asked] }
}

/** Runs of spaces and of empty lines come to one: patterns that look for words between them would try every way to share them out. */
export function withEvenSpaces(text: string): string {
  return text
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/(?: ?\n)+ ?/g, '\n')
    .trim()
}

function splitComparison(sentence: string): string[] | undefined {
  for (const { form, joins } of COMPARISONS) {
    const match = form.exec(trimEnd(sentence))
    const list = match?.groups?.['list']
    if (!list) continue
    const topics = splitParallel(list) ?? shareContext(splitList(list, joins), match.groups?.['rest'])
    if (topics.length >= 2) return topics.slice(0, MAX_TOPICS)
  }
  return splitParallel(trimEnd(sentence))
}

/** `A and B`, `A, B and C`; an explicit join (`A with B`) is stronger than `and`. */
function splitList(list: string, joins: RegExp): string[] {
  const sides = list.split(joins)
  if (sides.length > 1) return sides
  return list.split(/\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+/i)
}

const ACTIONS =
  'handle|treat|deal|manage|process|work|behave|implement|approach|retry|recover|support|store|use|report|define|describe|stream|authenticate|communicate|represent|schedule|deliver|resume|fail|cope|express|model|do|provide|offer|say|solve|limit|scale|cancel|react|respond|persist|discover|identify|notify|prevent|detect|signal'

/** `How do A and B handle C?`, `how C works in A and in B`: no word of comparing, and still two things. */
function splitParallel(sentence: string): string[] | undefined {
  const acting = new RegExp(
    String.raw`\b(?<ask>how|what)\s+(?:do|does|can|should|would|will)?\s*(?:both\s+)?(?<first>.{2,60}?)\s+and\s+(?<second>.{2,60}?)\s+(?:each\s+|both\s+)?(?<act>(?:${ACTIONS})s?\b.*)$`,
    'i',
  ).exec(sentence)?.groups
  if (acting && isName(acting['first']) && isName(acting['second']))
    return [acting['first'], acting['second']].map(
      (subject) => `${acting['ask']?.toLowerCase()} ${subject} ${agree(subject as string, acting['act'] as string)}`,
    )
  const places = /^(?<what>.+?)\s+(?:both\s+)?(?<first>(?:in|for|with|on|by)\s+[^,]{2,60}?)\s+and\s+(?<second>(?:in|for|with|on|by)\s+[^,]{2,60})$/i.exec(
    sentence,
  )?.groups
  if (places) return [`${places['what']} ${places['first']}`, `${places['what']} ${places['second']}`]
  return undefined
}

/** Two things that act are names of things, and not clauses that happen to hold an `and`. */
function isName(words: string | undefined): boolean {
  return (
    words !== undefined && words.split(/\s+/).length <= 6 && !/\b(?:is|are|was|were|does|do|did|how|what|why|when|it|its|they|each|write|and)\b/i.test(words)
  )
}

/** workers handle, BullMQ handles */
function agree(subject: string, action: string): string {
  if (/[^s]s$/.test(subject)) return action
  return action.replace(/^\w+/, (verb) =>
    verb.endsWith('s') ? verb : verb === 'do' ? 'does' : /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`,
  )
}

const CLOSING = String.raw`(?:write|summari[sz]e|give|report|create|produce|make|tell|show|propose|recommend|suggest|list|describe|explain)\b[^.?!]*\b(?:it|them|this|these|those|findings?|results?|reports?|summary|conclusions?|recommendations?)`

/** A sentence's end, which a shielded word may stand at. */
const END = String.raw`[\s.!\ue000-\uf8ff]*$`

/** Drops the sentences that only say what to make of the rest: "Write a report on it." */
function withoutClosing(sentences: string[]): string[] {
  return sentences.filter((sentence, index) => index === 0 || !new RegExp(String.raw`^${CLOSING}${END}`, 'i').test(sentence))
}

function isPronoun(topic: string): boolean {
  return /^(?:it|they|them|this|that|these|those|the (?:two|latter|former))$/i.test(topic)
}

/** Drops what is said around a question: please, could you, and how the answer should look. */
function withoutManners(goal: string): string {
  return goal
    .trim()
    .replace(new RegExp(String.raw`\s*,?\s+and\s+(?:then\s+|finally\s+)?${CLOSING}${END}`, 'i'), '')
    .replaceAll(/\b(?:with (?:respect|regard) to|in terms of|when it comes to|as regards)\b/gi, 'regarding')
    .replace(
      /^(?:(?:hi|hello|hey)[,!.\s]+)?(?:please[,\s]+)?(?:(?:can|could|would|will) you (?:please )?|i(?:'d| would) like (?:you )?to |i want (?:you )?to |help me (?:to )?)?(?:please[,\s]+)?/i,
      '',
    )
    .replace(
      /(?:[,;.]|\s(?:and|with))\s*(?:please\s+)?(?:cite|citing|quote|quoting|name|naming|with|give|giving|include|including|list|listing|mention)\s+(?:me\s+)?(?:the\s+|your\s+|all\s+)?(?:sources?|citations?|references?|files?|documents?)\b[^.?!]*[.?!]?\s*$/i,
      '',
    )
    .trim()
}

/** Without its closing mark, and without what a comparison adds for the one who answers: "…: which is safer?", "… and say when to use which". */
function trimEnd(sentence: string): string {
  return sentence
    .replace(/:\s(?:which|what|how|who|where|when|why)\s[^:]*$/i, '')
    .replace(
      /\s*,?\s+and\s+(?:also\s+)?(?:explain|say|tell me|recommend|decide|show|describe|state)\s+(?:me\s+)?(?:when|which|why|how|what|whether|where|who)\b[^:]*$/i,
      '',
    )
    .replace(/[\s.?!]+$/, '')
}
