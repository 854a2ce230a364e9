import type { Reading } from './reading.ts'
import { words } from './words.ts'

/** Fewer words than this say too little, and more characters than that were never trained on. */
const FEWEST_WORDS = 3
export const MOST_CHARACTERS = 24_000
/** How much of a request has to be words that are known to hold English together, or to ask for something. */
const KNOWN_SHARE = 0.3
const FOREIGN_SHARE = 0.1
const LONGEST_WORD = 40

/** Small words of other languages that look like none of English. */
const ELSEWHERE = words(
  'der das und ist nicht ein eine einen ich bitte mit für den dem auf wie kannst mir mein meine le la les des et est une pour avec que qui dans je mon ma sur vous moi el los las y es por una con mi como qué cuál puedes il lo gli della sono che per mia het een van dat niet ik mijn voor os uma não por em meu minha você jest nie się na jak czy proszę och att det är som jag inte och på ve bir bu için ile ne',
)

/** Whether a request is like what the model was trained on: English, and long enough to say something. */
export function isFamiliar({ tokens, senses }: Reading): boolean {
  const spoken = tokens.filter(({ kind }) => kind === 'word' || kind === 'name')
  if (spoken.length < FEWEST_WORDS || spoken.some(({ length }) => length > LONGEST_WORD)) return false
  const read = tokens.filter(({ kind }) => kind === 'word' || kind === 'name' || kind === 'number' || kind === 'mark' || kind === 'foreign').length
  const foreign = tokens.filter(({ kind }) => kind === 'foreign').length
  if (foreign / read > FOREIGN_SHARE) return false
  const lower = tokens.filter(({ kind }) => kind === 'word')
  const known = senses.filter((sense) => sense !== undefined).length
  const elsewhere = lower.filter(({ text }) => ELSEWHERE.has(text)).length
  return known / Math.max(1, spoken.length) >= KNOWN_SHARE && elsewhere * 4 < Math.max(4, known)
}

const ANAPHORA = words(
  'it its that this those these them they he she him her same again above previous earlier last first second one ones both instead too also more another',
)
const CONTINUERS = words('and also now then but or so again what which continue go yes no ok okay sure please why how')
const SHORTEST_ALONE = 8
const OPENING = 8

/** Whether a request means something without what was said before it. */
export function standsAlone({ tokens }: Reading): boolean {
  const spoken = tokens.filter(({ kind }) => kind === 'word' || kind === 'name').map(({ text }) => text)
  if (spoken.length < SHORTEST_ALONE || CONTINUERS.has(spoken[0] ?? '')) return false
  return !spoken.slice(0, OPENING).some((word) => ANAPHORA.has(word))
}
