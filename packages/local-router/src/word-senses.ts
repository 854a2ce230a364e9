import { ACTION_CLASSES, ACTION_NOUNS, FUNCTION_WORDS, THING_CLASSES, type ActionClass, type ThingClass } from './lexicon.ts'

/** What a word can be, apart from the words around it. */
export interface WordSense {
  action?: ActionClass
  form?: 'base' | 'third' | 'ing' | 'past'
  lemma?: string
  actionNoun?: ActionClass
  thing?: ThingClass
  plural?: boolean
  function?: boolean
}

const VOWEL = /[aeiou]/

function readSenses(): Map<string, WordSense> {
  const senses = new Map<string, WordSense>()
  const learn = (word: string, sense: WordSense): void => {
    senses.set(word, { ...sense, ...senses.get(word) })
  }
  for (const [action, words] of Object.entries(ACTION_CLASSES) as [ActionClass, string][])
    for (const lemma of words.split(' ')) for (const [word, form] of inflect(lemma)) learn(word, { action, form, lemma })
  for (const [word, actionNoun] of Object.entries(ACTION_NOUNS)) learn(word, { actionNoun })
  for (const [thing, words] of Object.entries(THING_CLASSES) as [ThingClass, string][])
    for (const word of words.split(' ')) {
      learn(word, { thing })
      learn(pluralOf(word), { thing, plural: true })
    }
  for (const word of FUNCTION_WORDS) learn(word, { function: true })
  return senses
}

/** Past forms that no rule gives. */
const IRREGULAR: Record<string, string> = {
  find: 'found',
  get: 'got',
  go: 'went',
  write: 'written',
  make: 'made',
  draw: 'drawn',
  build: 'built',
  send: 'sent',
  buy: 'bought',
  sell: 'sold',
  pay: 'paid',
  rent: 'rented',
  take: 'taken',
  give: 'given',
  tell: 'told',
  say: 'said',
  choose: 'chosen',
  speak: 'spoken',
  meet: 'met',
  see: 'seen',
  seek: 'sought',
  read: 'read',
  cut: 'cut',
  set: 'set',
  split: 'split',
  run: 'run',
  drive: 'driven',
  show: 'shown',
  hear: 'heard',
  teach: 'taught',
}

export function inflect(lemma: string): [string, NonNullable<WordSense['form']>][] {
  const silent = lemma.endsWith('e') && !lemma.endsWith('ee')
  const last = lemma.at(-1) ?? ''
  const doubled = /[^aeiou][aeiou][bdgklmnprt]$/.test(lemma) && lemma.length <= 5 ? lemma + last : lemma
  const soft = last === 'y' && !VOWEL.test(lemma.at(-2) ?? '')
  return [
    [lemma, 'base'],
    [soft ? `${lemma.slice(0, -1)}ies` : /(?:s|sh|ch|x|z)$/.test(lemma) ? `${lemma}es` : `${lemma}s`, 'third'],
    [silent ? `${lemma.slice(0, -1)}ing` : `${doubled}ing`, 'ing'],
    [IRREGULAR[lemma] ?? (silent ? `${lemma}d` : soft ? `${lemma.slice(0, -1)}ied` : `${doubled}ed`), 'past'],
  ]
}

export function pluralOf(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return /(?:s|sh|ch|x)$/.test(word) ? `${word}es` : `${word}s`
}

const SENSES: ReadonlyMap<string, WordSense> = readSenses()

export function senseOf(word: string): WordSense | undefined {
  return SENSES.get(word)
}
