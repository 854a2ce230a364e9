import { actionNouns, familyOf } from './pairs.ts'
import type { Reading } from './reading.ts'
import type { Skill } from './skill-lexicon.ts'
import type { Token } from './token.ts'
import { ANAPHORA, AUXILIARIES, DETERMINERS, WH, words } from './words.ts'

const MOST_WORDS = 300
const LONGEST_QUOTED = 600
const LONGEST_PASTED = 2_000
const OUTWARD = words('search fetch perceive send buy arrange control contact')
const INWARD = words('write generate explain advise summarize translate classify compute analyze verify transform')
const ADDITIONS = words('then finally also')
const RESULT_WORDS = words(
  'result results output outcome resulting generated extracted translated transcribed summarized converted edited detected identified created',
)
const PRONOUNS = words('he she his her him they their')
const WELL = words('well')
const REFERENCES = words('that this it which')
const THEN = words('then')
const AND = words('and')
const ARTICLES = words('the a an my its their')
const HAVE = words('have')
const WISHES = words('want need would plan')
const YOU = words('you')
const MEASURES = words('many much long far old')
const RESULT_PLACES = ['the', 'this', 'its', 'that'] as const
const WRITING: ReadonlySet<string> = words('write generate explain advise')

/** A request's shape in numbers, always the same ones in the same order; `COUNT_NAMES` says which. */
export function toCounts(reading: Reading): Float32Array {
  const counted = countAll(reading)
  const counts = new Float32Array(counted.length)
  for (let at = 0; at < counted.length; at++) counts[at] = (counted[at] as [string, number])[1]
  return counts
}

function countAll(reading: Reading): [name: string, value: number][] {
  const index = toIndex(reading.tokens)
  return [
    ...countActions(reading),
    ...countSkills(reading),
    ...countJoints(reading),
    ...countConnectives(reading, index),
    ...countMatter(reading, index),
    ...countShape(reading, index),
  ]
}

/** Where each word and mark stands. */
interface Index {
  places: ReadonlyMap<string, readonly number[]>
  of(...list: string[]): number
  pairs(first: string, second: ReadonlySet<string>): number
}

function toIndex(tokens: readonly Token[]): Index {
  const places = new Map<string, number[]>()
  tokens.forEach(({ text, kind }, at) => {
    if (kind !== 'word' && kind !== 'mark') return
    const known = places.get(text)
    if (known) known.push(at)
    else places.set(text, [at])
  })
  return {
    places,
    of: (...list) => list.reduce((sum, word) => sum + (places.get(word)?.length ?? 0), 0),
    pairs: (first, second) => (places.get(first) ?? []).filter((at) => second.has(tokens[at + 1]?.text ?? '')).length,
  }
}

function countActions({ tokens, senses, actions }: Reading): [string, number][] {
  const asked = actions.filter((action) => action.asked)
  const kinds = new Set(asked.map(({ kind }) => kind))
  const told = new Set(actions.map(({ kind }) => kind))
  const nouns = actionNouns(senses, new Set(actions.map(({ at }) => at)))
  const inForm = (form: string): number => actions.filter(({ at }) => senses[at]?.form === form).length
  const sentences = perSentence(tokens, new Set(asked.map(({ at }) => at)))
  return [
    ['asked', asked.length],
    ['asked lemmas', new Set(asked.map(({ lemma }) => lemma)).size],
    ['asked classes', kinds.size],
    ['asked families', new Set(asked.map(({ kind }) => familyOf(kind))).size],
    ['actions', actions.length],
    ['action lemmas', new Set(actions.map(({ lemma }) => lemma)).size],
    ['action classes', told.size],
    ['noun classes', nouns.size],
    ['all classes', new Set([...nouns, ...told]).size],
    ['gerunds', inForm('ing')],
    ['participles', inForm('past')],
    ['outward', [...kinds].filter((kind) => OUTWARD.has(kind)).length],
    ['inward', [...kinds].filter((kind) => INWARD.has(kind)).length],
    ['stretch', asked.length > 1 ? (asked.at(-1)?.at ?? 0) - (asked[0]?.at ?? 0) : 0],
    ['sentences', sentences.length],
    ['asking sentences', sentences.filter((amount) => amount > 0).length],
    ['most in a sentence', Math.max(0, ...sentences)],
  ]
}

function countSkills({ tokens, actions, mentions: all, openEnds }: Reading): [string, number][] {
  const { unused, missing, plain, vague } = openEnds
  const mentions = all.filter(({ aside, skill }) => !aside && skill !== 'noisy')
  const skills = new Set(mentions.map(({ skill }) => skill))
  const placesAsked = new Set(actions.flatMap(({ asked: isAsked, at }) => (isAsked ? [at] : [])))
  const asked = new Set(mentions.filter(({ at, end }) => holdsAny(placesAsked, at, end)).map(({ skill }) => skill))
  const first = new Map<string, number>()
  for (const { skill, at } of mentions) if (!first.has(skill)) first.set(skill, at)
  const introducing = perSentence(tokens, new Set(first.values())).filter((amount) => amount > 0).length
  const only = (one: Skill): number => (all.some(({ skill, aside }) => skill === one && (!aside || one === 'noisy')) ? 1 : 0)
  return [
    ['skills', skills.size],
    ['skill mentions', mentions.length],
    ['skills asked', asked.size],
    ['skill sentences', introducing],
    ['unknown actions', plain.length],
    ['vague actions', vague.length],
    ['units', skills.size + plain.length],
    ['all units', skills.size + plain.length + vague.length],
    ['asked units', asked.size + plain.length],
    ['repeats', mentions.length - skills.size],
    ['unused', unused.length],
    ['missing', missing.length],
    ['with open ends', skills.size + plain.length + Math.max(unused.length, missing.length)],
    ['asides', all.length - mentions.length],
    ['in a language', only('in-language')],
    ['noisy', only('noisy')],
  ]
}

function holdsAny(places: ReadonlySet<number>, from: number, to: number): boolean {
  for (let at = from; at <= to; at++) if (places.has(at)) return true
  return false
}

function perSentence(tokens: readonly Token[], places: ReadonlySet<number>): number[] {
  const sentences: number[] = []
  tokens.forEach((token, at) => {
    if (sentences.length === 0 || (token.opens && token.kind !== 'mark')) sentences.push(0)
    if (places.has(at)) sentences[sentences.length - 1] = (sentences.at(-1) ?? 0) + 1
  })
  return sentences
}

/** What stands before and after the actions that are asked for. */
function countJoints({ tokens, actions }: Reading): [string, number][] {
  const joints = { 'at the start': 0, 'after a comma': 0, 'after and': 0, 'after then': 0, 'after to': 0, 'of a pronoun': 0, 'of an object': 0 }
  for (const { at, asked } of actions) {
    if (!asked) continue
    const one = tokens[at - 1]?.text ?? ''
    const two = tokens[at - 2]?.text ?? ''
    const next = tokens[at + 1]
    if (tokens[at]?.opens) joints['at the start']++
    if (one === ',' || one === ';') joints['after a comma']++
    if (one === 'and' || two === 'and') joints['after and']++
    if (ADDITIONS.has(one) || ADDITIONS.has(two)) joints['after then']++
    if (one === 'to') joints['after to']++
    if (next && ANAPHORA.has(next.text)) joints['of a pronoun']++
    if (next && (DETERMINERS.has(next.text) || next.kind === 'quote' || next.kind === 'file')) joints['of an object']++
  }
  return Object.entries(joints)
}

function countConnectives({ senses }: Reading, { places, of, pairs }: Index): [string, number][] {
  const derived = RESULT_PLACES.reduce((sum, word) => sum + (places.get(word) ?? []).filter((at) => senses[at + 1]?.form === 'past').length, 0)
  return [
    ['then', of('then', 'next', 'afterwards', 'afterward', 'subsequently', 'later')],
    ['finally', of('finally', 'lastly', 'last')],
    ['also', of('also', 'additionally', 'furthermore', 'moreover', 'besides', 'plus', 'too')],
    ['as well', pairs('as', WELL)],
    ['after', of('after', 'once', 'before', 'while', 'meanwhile', 'when')],
    ['after that', pairs('after', REFERENCES) + pairs('and', THEN)],
    ['based', of('based', 'using', 'from', 'with')],
    ['results', of(...RESULT_WORDS)],
    ['the derived', derived],
    ['anaphora', of('it', 'its', 'them', 'they', 'these', 'those')],
    ['if', of('if', 'whether', 'unless', 'otherwise')],
    ['each', of('each', 'every', 'all', 'both')],
    ['and', of('and')],
    ['or', of('or')],
    ['commas', of(',')],
    ['comma and', pairs(',', AND)],
    ['semicolons', of(';', '+', '>')],
    ['and a thing', pairs('and', ARTICLES)],
    ['and a question', pairs('and', WH)],
    ['question words', of(...WH)],
    ['questions', of('?')],
  ]
}

function countMatter({ tokens, senses }: Reading, { places }: Index): [string, number][] {
  const ofKind = (kind: Token['kind']): Token[] => tokens.filter((token) => token.kind === kind)
  const lengthOf = (kind: Token['kind']): number => ofKind(kind).reduce((sum, { length }) => sum + length, 0)
  const beforeThing = (...list: string[]): number =>
    list.reduce((sum, word) => sum + (places.get(word) ?? []).filter((at) => senses[at + 1]?.thing !== undefined).length, 0)
  const files = ofKind('file')
  const marks = ofKind('mark')
  return [
    ['things', new Set(senses.flatMap((sense) => sense?.thing ?? [])).size],
    ['mentions', senses.filter((sense) => sense?.thing).length],
    ['plurals', senses.filter((sense) => sense?.plural).length],
    ['the thing', beforeThing('the')],
    ['a thing', beforeThing('a', 'an')],
    ['files', files.length],
    ['file types', new Set(files.map(({ text }) => text)).size],
    ['urls', ofKind('url').length],
    ['quotes', ofKind('quote').length],
    ['quoted', Math.min(LONGEST_QUOTED, lengthOf('quote'))],
    ['pasted', Math.min(LONGEST_PASTED, lengthOf('pasted'))],
    ['code', ofKind('code').length],
    ['numbers', ofKind('number').length],
    ['names', ofKind('name').length],
    ['symbols', marks.filter(({ text }) => !/[,.;:!?'"()-]/.test(text)).length],
    ['money', marks.filter(({ text }) => /[$€£%]/.test(text)).length],
    ['lines', ofKind('line').length],
    ['items', tokens.filter(({ opens, kind, text }) => opens && (kind === 'number' || (kind === 'mark' && /[-*•]/.test(text)))).length],
  ]
}

function countShape({ tokens, senses, actions }: Reading, { of, pairs }: Index): [string, number][] {
  const spoken = tokens.filter(({ kind }) => kind === 'word' || kind === 'name')
  const length = Math.max(1, spoken.length)
  const first = spoken[0]?.text ?? ''
  const start = actions.find(({ asked }) => asked)
  const one = (condition: boolean): number => (condition ? 1 : 0)
  const amount = (kind: Token['kind']): number => tokens.filter((token) => token.kind === kind).length
  return [
    ['words', Math.min(MOST_WORDS, length)],
    ['words per action', length / Math.max(1, actions.filter(({ asked }) => asked).length)],
    ['and density', of('and') / length],
    ['comma density', of(',') / length],
    ['number density', amount('number') / length],
    ['name density', amount('name') / length],
    ['third person', of(...PRONOUNS) / length],
    ['past tense', of('was', 'were', 'had', 'did') / length],
    ['function words', senses.filter((sense) => sense?.function).length / length],
    ['other words', tokens.filter(({ kind }, at) => kind === 'word' && senses[at] === undefined).length / length],
    ['opens with a question word', one(WH.has(first))],
    ['opens with an auxiliary', one(AUXILIARIES.has(first))],
    ['opens with I', one(first === 'i' || first.startsWith("i'"))],
    ['opens with you', one(first === 'you')],
    ['opens with if', one(first === 'if')],
    ['opens with an order', one(start?.at === 0 || (first === 'please' && start?.at === 1))],
    ['opens with writing', one(start !== undefined && WRITING.has(start.kind))],
    ['I have', pairs('i', HAVE)],
    ['I want', pairs('i', WISHES) + of("i'd")],
    ['please', of('please')],
    ['can you', pairs('can', YOU) + pairs('could', YOU) + pairs('would', YOU)],
    ['you', of('you', 'your')],
    ['me', of('me', 'my', 'i')],
    ['how many', pairs('how', MEASURES)],
    ['how', of('how', 'why')],
  ]
}

export const COUNT_NAMES: readonly string[] = countAll({
  tokens: [],
  senses: [],
  actions: [],
  mentions: [],
  openEnds: { unused: [], missing: [], plain: [], vague: [] },
}).map(([name]) => name)
