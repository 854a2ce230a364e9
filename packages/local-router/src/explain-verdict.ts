import type { ActionClass } from './lexicon.ts'
import type { Reading } from './reading.ts'

/** Most capabilities that a reason names. */
const NAMED = 4

const NAMES: Record<ActionClass, string> = {
  search: 'search',
  fetch: 'fetch',
  perceive: 'recognise',
  classify: 'sort',
  translate: 'translate',
  summarize: 'summarise',
  write: 'write',
  generate: 'create',
  transform: 'change',
  compute: 'compute',
  analyze: 'analyse',
  verify: 'compare',
  explain: 'explain',
  advise: 'recommend',
  send: 'send',
  buy: 'order',
  arrange: 'arrange',
  control: 'operate',
  contact: 'contact',
}

/** One short sentence for people, in our words only: a prompt must not speak through it. */
export function explainVerdict({ actions, tokens }: Reading, needs_orchestration: boolean): string {
  const named = [...new Set(actions.filter(({ asked }) => asked).map(({ kind }) => NAMES[kind]))]
  if (needs_orchestration) return named.length > 1 ? `asks for several things (${list(named)})` : 'its parts take several capabilities'
  if (tokens.some(({ kind }) => kind === 'pasted' || kind === 'code')) return 'one piece of work on what it brings along'
  if (named.length === 1) return `asks for one thing (${named[0]})`
  return named.length === 0 && tokens.some(({ text }) => text === '?') ? 'a question that one call answers' : 'one piece of work'
}

function list(names: readonly string[]): string {
  return names.length > NAMED ? `${names.slice(0, NAMED).join(', ')}, …` : names.join(', ')
}
