import type { ActionClass } from './lexicon.ts'
import type { Token } from './token.ts'
import type { WordSense } from './word-senses.ts'
import { ANAPHORA, BE, DETERMINERS, MODALS, PREPOSITIONS, SUBJECTS, words } from './words.ts'

export interface Action {
  kind: ActionClass
  lemma: string
  /** Its token. */
  at: number
  /** Stands where somebody is asked to do it; otherwise it is only told. */
  asked: boolean
}

const OPENERS = words("please then also finally next lastly first firstly secondly afterwards now just and to or me help let's")
const GERUND_OPENERS = words('in with by for help of me on')
const JOINTS = words('and , then')
const PARTICIPANTS = words('me him')
const MARKS = /^[-,;:(*)–—>+&]$/

/** What a request asks to be done, and what it tells of, in order. */
export function findActions(tokens: readonly Token[], senses: readonly (WordSense | undefined)[]): Action[] {
  const actions: Action[] = []
  for (let at = 0; at < tokens.length; at++) {
    const sense = senses[at]
    if (sense?.action === undefined || sense.lemma === undefined) continue
    const asked = sense.form === 'base' ? isAskedPlainly(tokens, sense, at) : sense.form === 'ing' && isAskedAsGerund(tokens, senses, actions.at(-1), at)
    if (asked !== undefined) actions.push({ kind: sense.action, lemma: sense.lemma, at, asked })
  }
  return actions
}

/** Whether a verb in its base form is an order; undefined where it is a noun. */
function isAskedPlainly(tokens: readonly Token[], sense: WordSense, at: number): boolean | undefined {
  const before = tokens[at - 1]
  const word = before?.text ?? ''
  if (DETERMINERS.has(word) || PREPOSITIONS.has(word) || BE.has(word)) return undefined
  const opens = tokens[at]?.opens === true || (before?.kind === 'mark' && MARKS.test(word)) || (before?.kind === 'number' && before.opens)
  const modal = MODALS.has(tokens[at - 2]?.text ?? '')
  const told = SUBJECTS.has(word) && !modal
  const asked = opens || OPENERS.has(word) || MODALS.has(word) || (modal && SUBJECTS.has(word))
  // "email", "order", "plot": a verb only where something is emailed, ordered or plotted.
  const ambiguous = sense.thing !== undefined || sense.actionNoun !== undefined
  if (ambiguous && (!asked || (tokens[at]?.opens !== true && !takesObject(tokens[at + 1])))) return undefined
  return asked && !told
}

function takesObject(next: Token | undefined): boolean {
  if (next === undefined) return false
  return (
    DETERMINERS.has(next.text) ||
    ANAPHORA.has(next.text) ||
    PARTICIPANTS.has(next.text) ||
    next.kind === 'name' ||
    next.kind === 'file' ||
    next.kind === 'quote'
  )
}

/** "help with translating it and summarising it" */
function isAskedAsGerund(tokens: readonly Token[], senses: readonly (WordSense | undefined)[], last: Action | undefined, at: number): boolean {
  const word = tokens[at - 1]?.text ?? ''
  return GERUND_OPENERS.has(word) || (JOINTS.has(word) && last?.asked === true && senses[last.at]?.form === 'ing')
}
