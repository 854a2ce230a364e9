import type { Action } from './find-actions.ts'
import type { Mention } from './mention.ts'
import { ABSORBED } from './skill-matter.ts'
import type { Token } from './token.ts'
import { senseOf } from './word-senses.ts'
import { words } from './words.ts'

/** What people say that they will do themselves with what they get: "a summary to share with my team". */
const CARRIES = words('share mail message slides save write note print ask')
const WISHED = words('want need like love trying able going have help you wish going me us and then also or')

function isPurpose(tokens: readonly Token[], at: number): boolean {
  return tokens[at - 1]?.text === 'to' && !WISHED.has(tokens[at - 2]?.text ?? '')
}

const OF_IMAGES = words('read-image edit-image restyle segment depth')
const TURNED = words('edit-image restyle')

/** Whether a request brings along or speaks of a kind of thing. */
function speaksOf(atoms: readonly (readonly string[])[], group: string): boolean {
  return atoms.some((of) => of.includes(group))
}

/** Says what a mention is where its words alone do not, and which are no capability beside the others. */
export function settleMentions(
  tokens: readonly Token[],
  actions: readonly Action[],
  atoms: readonly (readonly string[])[],
  mentions: readonly Mention[],
): Mention[] {
  const asking = askingOf(tokens, actions)
  const later = laterOf(tokens)
  const meant = toMeant(mentions, atoms)
  const present = new Set(meant.filter(({ at }) => asking[at]).map(({ skill }) => skill))
  const gone = new Set(ABSORBED.flatMap(([skill, by]) => ((by === 'any' ? present.size > 1 : by.some((other) => present.has(other))) ? [skill] : [])))
  const isAside = ({ skill, at }: Mention): boolean => {
    if (present.size === 0) return gone.has(skill)
    // "Then tell me whether …" is one more question, and not what the first task is for.
    if (gone.has(skill) && !(skill === 'ask' && later[at])) return true
    return !present.has(skill) || (present.size > 1 && CARRIES.has(skill) && isPurpose(tokens, at))
  }
  return meant.map((mention) => ({ ...mention, aside: isAside(mention) }))
}

/** The same words mean one thing of a picture, and another of a recording or of a text. */
function toMeant(mentions: readonly Mention[], atoms: readonly (readonly string[])[]): Mention[] {
  const image = speaksOf(atoms, 'IMAGE') || speaksOf(atoms, 'VIDEO')
  const audio = speaksOf(atoms, 'AUDIO')
  const entities = mentions.some(({ skill }) => skill === 'entities')
  return mentions.flatMap((mention): Mention[] => {
    const { skill } = mention
    if (image) {
      if (skill === 'clean-audio' && !audio) return []
      return [skill === 'read-out' ? { ...mention, skill: 'read-image' } : mention]
    }
    if (OF_IMAGES.has(skill)) return audio && TURNED.has(skill) ? [{ ...mention, skill: 'clean-audio' }] : []
    if (audio) return [skill === 'read-out' ? { ...mention, skill: 'transcribe' } : mention]
    return [skill === 'detect' || (skill === 'classify' && entities) ? { ...mention, skill: 'entities' } : mention]
  })
}

const LATER = words('then finally lastly also after additionally afterwards next')

/** For every token whether its sentence, not the first, begins with "then" or the like. */
function laterOf(tokens: readonly Token[]): boolean[] {
  let later = false
  return tokens.map((token, at) => {
    if (at > 0 && token.opens && token.kind !== 'mark') later = LATER.has(token.text)
    return later
  })
}

const ASKING = words(
  "please want need like i'd looking help can could would wonder know should must let's tell give show find ? question interested then finally lastly also",
)

/** For every token whether its sentence asks for something, as against telling of it. */
function askingOf(tokens: readonly Token[], actions: readonly Action[]): boolean[] {
  const asking: boolean[] = []
  const places = new Set(actions.flatMap(({ asked, at }) => (asked ? [at] : [])))
  let start = 0
  const close = (end: number): void => {
    const sentence = tokens.slice(start, end)
    const first = sentence.find(({ kind }) => kind === 'word' || kind === 'name')
    const order = first !== undefined && senseOf(first.text)?.form === 'base'
    const asks =
      order || sentence.some((_, at) => places.has(start + at)) || sentence.some(({ kind, text }) => (kind === 'word' || kind === 'mark') && ASKING.has(text))
    for (let at = start; at < end; at++) asking.push(asks)
    start = end
  }
  tokens.forEach((token, at) => {
    if (at > start && token.opens && token.kind !== 'mark') close(at)
  })
  close(tokens.length)
  return asking
}
