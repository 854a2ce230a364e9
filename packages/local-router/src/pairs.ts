import type { Action } from './find-actions.ts'
import type { ActionClass } from './lexicon.ts'
import type { Reading } from './reading.ts'
import type { Token } from './token.ts'
import type { WordSense } from './word-senses.ts'

/** Words that people use for one and the same: who asks to "find and identify" does not ask twice. */
const FAMILIES: Partial<Record<ActionClass, string>> = { perceive: 'know', classify: 'know', analyze: 'know', explain: 'know', search: 'know', fetch: 'know' }

/** Things that are made, sent and worked on, by which a chain of tasks shows. */
const ARTEFACTS = new Set(
  'image audio speech music video text document table chart email message code calendar travel weather web money shop home question language'.split(' '),
)
/** How far after an action what it is done to is looked for, in tokens. */
const OBJECT_WITHIN = 6

export function familyOf(kind: ActionClass): string {
  return FAMILIES[kind] ?? kind
}

/** Which capabilities and things follow on each other, whatever stands between them, and how many there are. */
export function toPairs({ tokens, senses, actions, mentions, openEnds }: Reading): string[] {
  const skills = [...new Set(mentions.filter(({ aside, skill }) => !aside && skill !== 'noisy').map(({ skill }) => skill))]
  const { unused, missing, plain, vague } = openEnds
  const asked = actions.filter((action) => action.asked)
  const kinds = asked.map(({ kind }) => kind)
  const distinct = [...new Set(kinds)]
  const families = new Set(kinds.map(familyOf))
  const nouns = actionNouns(senses, new Set(actions.map(({ at }) => at)))
  const all = new Set([...families, ...[...nouns].map(familyOf)])
  const done = whatIsDone(tokens, senses, asked)
  const things = artefacts(tokens, senses)
  const has = (name: string, value: number, most: number): string => `${name} ${Math.min(most, value)}`
  return [
    ...kinds.map((kind) => `op ${kind}`),
    ...kinds.slice(1).map((kind, at) => `next ${kinds[at]} ${kind}`),
    ...combinations(distinct).map(([one, two]) => `both ${[one, two].toSorted().join(' ')}`),
    has('skills', skills.length, 6),
    ...unused.map((matter) => `unused ${matter}`),
    ...missing.map((matter) => `missing ${matter}`),
    has('whole', skills.length + plain.length + Math.max(unused.length, missing.length), 8),
    has('vague', vague.length, 5),
    has('all units', skills.length + plain.length + vague.length, 8),
    has('unknown', plain.length, 5),
    has('units', skills.length + plain.length, 8),
    `units+slots ${Math.min(6, skills.length + plain.length)} ${Math.min(6, asked.length)}`,
    `units+families ${Math.min(6, skills.length + plain.length)} ${Math.min(6, families.size)}`,
    ...skills.map((skill) => `skill ${skill}`),
    ...combinations(skills).map(([one, two]) => `skills ${[one, two].toSorted().join(' ')}`),
    `first ${kinds[0] ?? 'none'}`,
    `last ${kinds.at(-1) ?? 'none'}`,
    has('families', families.size, 6),
    has('classes', distinct.length, 7),
    has('slots', asked.length, 8),
    has('lemmas', new Set(asked.map(({ lemma }) => lemma)).size, 8),
    `families+slots ${Math.min(5, families.size)} ${Math.min(5, asked.length)}`,
    ...[...nouns].flatMap((noun) => [`noun ${noun}`, ...distinct.filter((kind) => kind !== noun).map((kind) => `op+noun ${familyOf(kind)} ${familyOf(noun)}`)]),
    has('all', all.size, 7),
    ...done.map(([kind, thing]) => `does ${kind} ${thing}`),
    has('done', new Set(done.map(([kind, thing]) => `${familyOf(kind)} ${thing}`)).size, 6),
    ...things.slice(1).map((thing, at) => `thing ${things[at]} ${thing}`),
    has('things', things.length, 7),
    `things+families ${Math.min(4, things.length)} ${Math.min(4, families.size)}`,
    `things+all ${Math.min(5, things.length)} ${Math.min(5, all.size)}`,
    `derived ${speaksOfResult(tokens, senses)} ${Math.min(3, families.size)}`,
  ]
}

/** "a translation and a summary of it": what is asked for as a thing to be had. */
export function actionNouns(senses: Reading['senses'], taken: ReadonlySet<number>): Set<ActionClass> {
  const nouns = new Set<ActionClass>()
  senses.forEach((sense, at) => {
    if (sense?.actionNoun && !taken.has(at)) nouns.add(sense.actionNoun)
  })
  return nouns
}

function combinations<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((one, at) => items.slice(at + 1).map((two): [Item, Item] => [one, two]))
}

/** What each action is done to: the first thing after it. */
function whatIsDone(tokens: readonly Token[], senses: readonly (WordSense | undefined)[], asked: readonly Action[]): [ActionClass, string][] {
  const places = new Set(asked.map(({ at }) => at))
  return asked.flatMap(({ at, kind }): [ActionClass, string][] => {
    for (let after = at + 1; after <= Math.min(tokens.length - 1, at + OBJECT_WITHIN); after++) {
      const token = tokens[after] as Token
      if (token.opens || places.has(after)) return []
      const thing = token.kind === 'file' || token.kind === 'quote' ? token.kind : senses[after]?.thing
      if (thing) return [[kind, thing]]
    }
    return []
  })
}

/** Every kind of artefact that is spoken of, in the order of first mention. */
function artefacts(tokens: readonly Token[], senses: readonly (WordSense | undefined)[]): string[] {
  const things = new Set<string>()
  tokens.forEach((token, at) => {
    const thing = senses[at]?.thing ?? (token.kind === 'file' ? fileKind(token.text) : undefined)
    if (thing && ARTEFACTS.has(thing)) things.add(thing)
  })
  return [...things]
}

function fileKind(ending: string): string {
  if (/^(?:jpe?g|png|gif|svg|webp)$/.test(ending)) return 'image'
  if (/^(?:wav|mp3|m4a|ogg|flac)$/.test(ending)) return 'audio'
  if (/^(?:mp4|mov|avi|mkv|webm)$/.test(ending)) return 'video'
  return /^(?:csv|tsv|xlsx?|parquet)$/.test(ending) ? 'table' : 'document'
}

const RESULTS = new Set('result results output resulting'.split(' '))

/** "the translated text", "the result": what one task leaves is worked on by another. */
function speaksOfResult(tokens: readonly Token[], senses: readonly (WordSense | undefined)[]): boolean {
  return tokens.some(
    ({ text }, at) => (text === 'the' || text === 'this' || text === 'that') && (senses[at + 1]?.form === 'past' || RESULTS.has(tokens[at + 1]?.text ?? '')),
  )
}
