import { toTerms } from '../text/terms.ts'
import { splitGoal, withEvenSpaces } from './split-goal.ts'

/** What a goal asks of a plan's shape, beside what it asks about. */
export interface Wishes {
  /** The goal without those words; what has to be looked up for it. */
  goal: string
  /** A part that is to be planned by itself. */
  subplan?: string
  vote?: VoteWish
  each?: EachWish
}

export interface VoteWish {
  question: string
  voters: number
  /** A judge is to decide, and not the majority. */
  judged: boolean
  options?: string[]
}

/** The same work for everything of a kind that is found. */
export interface EachWish {
  what: string
  work: string
  /** On each as soon as it is found. */
  stream: boolean
}

const LONGEST = 4_000

/** Reads them by the forms in which people say so. A goal that asks for no shape is answered as it came. */
export function readWishes(told: string): Wishes {
  if (told.length > LONGEST) return { goal: told }
  const goal = withEvenSpaces(told)
  const subplan = readSubplan(goal)
  if (subplan) return subplan
  const vote = readVote(goal)
  if (vote) return { goal: vote.question, vote }
  const each = readEach(goal)
  return each ? { goal: each.what, each } : { goal }
}

// Plans of their own.

const SUBPLAN_FORMS: readonly RegExp[] = [
  /\b(?:please\s+)?(?:write|make|draw(?:\s+up)?|create|use)\s+(?:me\s+)?(?:a\s+separate|its\s+own|a\s+sub-?|an?\s+own)\s*plan\s+(?:for|to|of|on)\s+(?<part>[^.?!;]+)/i,
  /\b(?:as|in)\s+a\s+(?:separate\s+)?sub-?\s?(?:project|plan)\b[\s,:]+(?<part>(?!then\b)[^.?!;]+)/i,
  /(?<part>[^.?!;]+?),?\s+as\s+a\s+(?:separate\s+)?sub-?\s?(?:project|plan)\b/i,
]

function readSubplan(goal: string): Wishes | undefined {
  for (const form of SUBPLAN_FORMS) {
    const match = form.exec(goal)
    const part = match?.groups?.['part']
    if (!match || part === undefined) continue
    // What is to be done with it afterwards is for this plan.
    const [own = '', after = ''] = part.split(/,?\s+(?:and\s+)?then\s+/i)
    const rest = [goal.slice(0, match.index), after, goal.slice(match.index + match[0].length)].map((piece) => piece.replace(/^[\s.?!;,]+/, '').trim())
    const others = rest
      .filter((piece) => piece !== '')
      .join(' ')
      .replace(/^(?:and\s+)?then\s+|\s*\b(?:and|then)$/gi, '')
      .trim()
    if (isTelling(own)) return { goal: others, subplan: own.trim() }
  }
  return undefined
}

// Votes.

const NUMBERS: readonly string[] = ['', '', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const COUNT = String.raw`(?<count>two|three|four|five|six|seven|eight|nine|[2-9])`
const VOTERS = String.raw`(?:(?:independent|different|separate)\s+)?(?:agents?|models?|voters?|reviewers?|experts?)`
/** Where a sentence or a new task begins: "how does the senate vote" asks nobody to. */
const START = String.raw`(?:^|[.?!;,:]\s+|\band\s+(?:then\s+)?)(?:please\s+)?`

const VOTE_FORMS: readonly RegExp[] = [
  new RegExp(String.raw`\bdo\s+${COUNT}\s+${VOTERS}\s+agree\s+(?:that|on\s+whether|whether)\s+(?<question>[^?]+)\??`, 'i'),
  new RegExp(
    String.raw`${START}(?:let|have|ask|get|make)\s+(?:${COUNT}\s+|several\s+|a\s+few\s+|the\s+)?(?:${VOTERS})\s+(?:to\s+)?(?:vote|decide|agree|judge)\b(?:\s+(?:on|about|over|by\s+majority))*\s*(?<question>[^.?!]*)[.?!]?`,
    'i',
  ),
  new RegExp(
    String.raw`${START}(?:take|hold)\s+a\s+(?:majority\s+)?vote\b(?:\s+(?:of|among|by)\s+${COUNT}\s+${VOTERS})?(?:\s+(?:on|about|over))?\s*(?<question>[^.?!]*)[.?!]?`,
    'i',
  ),
  new RegExp(String.raw`${START}vote\s+(?:on\s+)?(?<question>(?:whether|which|what|if|who)\b[^.?!]*)[.?!]?`, 'i'),
  new RegExp(
    String.raw`${START}(?:decide|settle|answer|choose|judge)\b(?<question>[^.?!]*?)\s*(?:,\s*)?by\s+(?:a\s+|the\s+)?(?:majority|vote|consensus)(?:\s+vote)?\b(?<more>[^.?!]*)[.?!]?`,
    'i',
  ),
  new RegExp(String.raw`,?\s+by\s+(?:a\s+)?(?:majority\s+)?(?:vote|majority)\s+of\s+${COUNT}\s+${VOTERS}(?<question>)`, 'i'),
]
const JUDGE = /[,.;]?\s*(?:\band\s+)?(?:\b(?:let|have|with)\s+a\s+judge\b[^.?!,]*|\ba\s+judge\s+(?:should\s+)?(?:decides?|picks?|chooses?)\b[^.?!]*)[.?!]?/i

function readVote(goal: string): VoteWish | undefined {
  const judged = JUDGE.test(goal)
  const plain = goal
    .replace(JUDGE, '. ')
    .replace(/\s*\.\s*$/, '.')
    .trim()
  for (const form of VOTE_FORMS) {
    const match = form.exec(plain)
    if (!match?.groups) continue
    const told = `${match.groups['question'] ?? ''} ${match.groups['more'] ?? ''}`
      .trim()
      .replace(/^\s*(?:it|this|that|on\s+it)\s*$/i, '')
      .trim()
    const around = `${plain.slice(0, match.index)} ${plain.slice(match.index + match[0].length)}`.replaceAll(/\s+/g, ' ').trim()
    const question = [around, told].filter(isTelling).join(' ')
    if (question === '') continue
    const options = readOptionsOf(question, /^(?:whether|if)\b/i.test(told) || match[0].toLowerCase().includes('agree'))
    return { question, voters: countOf(match.groups['count']), judged, ...(options && { options }) }
  }
  return undefined
}

function countOf(word: string | undefined): number {
  if (word === undefined) return 3
  const named = NUMBERS.indexOf(word.toLowerCase())
  return named === -1 ? Number(word) : named
}

/** What may be voted for: the sides of a choice, or yes and no. Anything else is answered freely. */
function readOptionsOf(question: string, isWhether: boolean): string[] | undefined {
  const asked = question.replace(/[\s.?!]+$/, '')
  const list = /\b(?:which|what)\b[^,:]*[,:]\s*(?<list>[^,:]+(?:,[^,:]+)*\s+or\s+[^,:]+)$/i.exec(asked)?.groups?.['list']
  const chosen =
    list ?? /\b(?:use|choose|pick|prefer|take|buy|recommend|trust)\s+(?<list>\S+(?:\s+\S+){0,4}?\s+or\s+\S+(?:\s+\S+){0,4})$/i.exec(asked)?.groups?.['list']
  const named = chosen?.split(/\s*,\s*(?:or\s+)?|\s+or\s+/i).map((option) => option.trim())
  if (named && named.length >= 2 && named.every((option) => option !== '' && option.length <= 80)) return named
  const shape = splitGoal(asked)
  const isChoice = /\b(?:better|best|worse|faster|slower|safer|simpler|cheaper|which|prefer|rather)\b/i.test(asked)
  if (shape.kind === 'comparison' && isChoice && shape.topics.every((topic) => topic.length <= 80)) return shape.topics
  return isWhether || /(?:^|[.;]\s+)(?:is|are|was|were|do|does|did|can|could|should|will|would|has|have|must)\b/i.test(asked) ? ['yes', 'no'] : undefined
}

// The same for each.

const FOUND = String.raw`(?:\s*,?\s*(?:that|which)\s+(?:(?:is|are|was|were|gets?)\s+|you\s+|we\s+)?(?:found|find|listed|mentioned|named|there)|\s+(?:you|we)\s+find|\s+found|\s+mentioned|\s+listed)`
const SOON =
  /,?\s*\b(?:as\s+soon\s+as\s+(?:each|every|one|it|they)\b[^.?!,]*|in\s+a\s+pipeline|while\s+(?:it|they|the\s+others)\s+(?:is|are)\s+(?:still\s+)?being\s+found|streaming(?:\s+(?:them|each|the\s+items|the\s+results))?)/i

const EACH_FORMS: readonly RegExp[] = [
  // for every setting that is found, explain …
  new RegExp(String.raw`^for\s+(?:each|every)\s+(?<what>(?!of\b)[^,:]+?)${FOUND}\s*[,:]\s*(?<work>.+)$`, 'is'),
  /^for\s+(?:each|every)\s+(?<what>(?:document|file|page|source|article|report)\b[^,:]+?)\s*[,:]\s*(?<work>.+)$/is,
  // explain … for every setting that is found
  new RegExp(String.raw`^(?<work>.+?)\s+(?:for|of)\s+(?:each|every)\s+(?<what>(?!of\b)[^.?!]+?)${FOUND}[\s.?!]*$`, 'is'),
  // explain every setting that is found
  new RegExp(String.raw`^(?<work>[a-z]+)\s+(?:each|every)\s+(?<what>(?!of\b)[^.?!]+?)${FOUND}[\s.?!]*$`, 'is'),
  // find the settings of workers, and for each one explain …
  /^(?<what>[^.?!]+?),?\s+(?:and\s+)?(?:then\s+)?for\s+(?:each|every)\s+(?:item|one|result|of\s+them)\b,?\s*(?<work>.+)$/is,
  // summarise every document that mentions workers
  /^(?<work>[a-z]+)\s+(?:each|every)\s+(?<what>(?:document|file|page|source|article|report)\b[^.?!]+)[.?!]?$/is,
  // find the settings of workers and explain each
  /^(?:find|list|look\s+up|collect|gather)\s+(?:me\s+)?(?:all\s+|every\s+|the\s+)*(?<what>.+?)\s*(?:,\s*(?:and\s+)?(?:then\s+)?|;\s*|\.\s+|\s+and\s+(?:then\s+)?)(?<work>(?:for\s+(?:each|every)\b|[a-z]+\s+(?:each|every\s+one|them\s+one\s+by\s+one))\b.*)$/is,
]

function readEach(goal: string): EachWish | undefined {
  const stream = SOON.test(goal)
  const plain = goal
    .trim()
    .replace(/^please[,\s]+/i, '')
    .replace(SOON, '')
    .trim()
  for (const form of EACH_FORMS) {
    const { what = '', work = '' } = form.exec(plain)?.groups ?? {}
    // Things that the goal itself holds side by side are no list to be found.
    if (!isTelling(what) || splitGoal(what).kind !== 'single') continue
    return { what: what.replace(/^(?:(?:find|list|look\s+up|collect|gather)\s+)?(?:all\s+)?(?:the\s+|an?\s+)?/i, '').trim(), work: toWork(work), stream }
  }
  return undefined
}

/** `explain each` → `Explain the item.` */
function toWork(work: string): string {
  const words = work
    .replace(/^for\s+(?:each|every)(?:\s+(?:one|item|of\s+them))?\s*,?\s*/i, '')
    .replace(/\b(?:each|every)(?:\s+(?:one|item|of\s+them))?\b|\bthem\s+one\s+by\s+one\b/i, 'the item')
    .replace(/[\s.?!]+$/, '')
    .trim()
  const whole = /\b(?:the item|it|its|they|their|this|that)\b/i.test(words) ? words : `${words}${words.includes(' ') ? ' for' : ''} the item`
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}.`
}

/** Whether words say something that can be looked up. */
function isTelling(words: string): boolean {
  return toTerms(words).length > 0
}
