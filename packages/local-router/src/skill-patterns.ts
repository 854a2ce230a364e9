import { GROUPS, SKILLS, type Skill } from './skill-lexicon.ts'
import type { Token } from './token.ts'
import { inflect, pluralOf } from './word-senses.ts'
import { words } from './words.ts'

export interface Step {
  atoms: ReadonlySet<string>
  /** How many words may stand between the step before and this one. */
  gap: number
  /** Only words that belong to this one: none that begins another part of the sentence. */
  bound: boolean
}

export interface Pattern {
  skill: Skill
  steps: readonly Step[]
}

const GAP = 8
const BOUND_GAP = 4
/** What begins another part of a sentence, or says that a thing is what comes of the task and not what is asked for. */
const BREAKS = words('output result resulting final to of in on at by for from with into and or that which who is are was i you it then as based')
const IMAGE_FILE = /^(?:jpe?g|png|gif|svg|webp)$/
const AUDIO_FILE = /^(?:wav|mp3|m4a|ogg|flac)$/
const VIDEO_FILE = /^(?:mp4|mov|avi|mkv|webm)$/
const TABLE_FILE = /^(?:csv|tsv|xlsx?|parquet)$/

/** For every word what it can be in a pattern: its lemmas, and the groups that these belong to. */
const ATOMS = new Map<string, readonly string[]>()
const FILE_ATOMS = new Map<string, readonly string[]>()
/** By what they begin with. */
const PATTERNS = new Map<string, Pattern[]>()

/** The patterns that a token may begin. */
export function patternsFrom(atoms: readonly string[]): readonly Pattern[] {
  return atoms.flatMap((atom) => PATTERNS.get(atom) ?? [])
}

/** The last token of a pattern whose step before `next` is at `at`, or undefined where the rest is not there. */
export function matchSteps(
  tokens: readonly Token[],
  atoms: readonly (readonly string[])[],
  steps: readonly Step[],
  next: number,
  at: number,
): number | undefined {
  const step = steps[next]
  if (step === undefined) return at
  const furthest = Math.min(tokens.length - 1, at + step.gap + 1)
  for (let place = at + 1; place <= furthest; place++) {
    const token = tokens[place] as Token
    if (token.opens && token.kind !== 'mark') return undefined
    if ((atoms[place] as readonly string[]).some((atom) => step.atoms.has(atom))) {
      const end = matchSteps(tokens, atoms, steps, next + 1, place)
      if (end !== undefined) return end
    }
    if (step.bound && (token.kind === 'mark' || BREAKS.has(token.text))) return undefined
  }
  return undefined
}

/** What every token can be in a pattern. */
export function toAtoms(tokens: readonly Token[]): (readonly string[])[] {
  // "parts of speech" are none that can be heard.
  return tokens.map((token, at) => (token.text === 'speech' && tokens[at - 1]?.text === 'of' ? NONE : atomsOf(token)))
}

const NONE: readonly string[] = []
const QUOTE: readonly string[] = ['@quote']

function atomsOf({ kind, text }: Token): readonly string[] {
  if (kind === 'word' || kind === 'name') return ATOMS.get(text) ?? (kind === 'name' ? NAME : NONE)
  if (kind === 'quote') return QUOTE
  if (kind === 'url') return URL
  if (kind === 'file') {
    const file = IMAGE_FILE.test(text)
      ? 'file:image'
      : AUDIO_FILE.test(text)
        ? 'file:audio'
        : VIDEO_FILE.test(text)
          ? 'file:video'
          : TABLE_FILE.test(text)
            ? 'file:table'
            : 'file:text'
    return FILE_ATOMS.get(file) ?? NONE
  }
  return NONE
}
const BROUGHT: Record<string, string> = { AUDIO: 'audio', IMAGE: 'image', VIDEO: 'video', TABLE: 'table' }

/** What kinds of file a request brings along, texts left out. */
export function broughtBy(tokens: readonly Token[]): Set<string> {
  return new Set(tokens.flatMap((token) => (token.kind === 'file' ? atomsOf(token).flatMap((atom) => BROUGHT[atom] ?? []) : [])))
}

const URL: readonly string[] = ['@url']
const NAME: readonly string[] = ['@name']

function readLexicon(): void {
  const forms = new Map<string, Set<string>>()
  const learn = (word: string, atom: string): void => {
    const known = forms.get(word)
    if (known) known.add(atom)
    else forms.set(word, new Set([atom]))
  }
  const learnForms = (lemma: string, atom: string): void => {
    if (lemma.startsWith('=')) return learn(lemma.slice(1), atom)
    learn(lemma, atom)
    if (lemma.length < 3) return
    for (const [form] of inflect(lemma)) learn(form, atom)
    learn(pluralOf(lemma), atom)
  }
  for (const [group, list] of Object.entries(GROUPS))
    for (const lemma of list.split(' ')) {
      if (lemma.startsWith('file:')) FILE_ATOMS.set(lemma, [...(FILE_ATOMS.get(lemma) ?? []), group])
      else learnForms(lemma, group)
    }
  for (const [skill, rows] of Object.entries(SKILLS) as [Skill, readonly string[]][])
    for (const row of rows) {
      const steps: Step[] = []
      let gap = 0
      let bound = false
      for (const piece of row.split(' ')) {
        if (piece === '..' || piece === '.') {
          gap = piece === '..' ? GAP : BOUND_GAP
          bound = piece === '.'
          continue
        }
        const atoms = piece.split('|')
        for (const atom of atoms)
          if (atom.startsWith('=')) learn(atom.slice(1), atom)
          else if (!(atom in GROUPS) && !atom.startsWith('@')) learnForms(atom, atom)
        steps.push({ atoms: new Set(atoms), gap, bound })
        gap = 0
        bound = false
      }
      for (const atom of (steps[0] as Step).atoms) PATTERNS.set(atom, [...(PATTERNS.get(atom) ?? []), { skill, steps }])
    }
  for (const [word, atoms] of forms) ATOMS.set(word, [...atoms])
}

readLexicon()
