import type { NodeApproval, RiskLevel } from '@signalbox/contracts'

import { isMockWord } from '../bracket-words.ts'
import { findBrackets, type Bracket } from '../find-brackets.ts'

/** A goal in which every word in brackets stands as one sign that no rule of planning looks at. */
export interface ShieldedGoal {
  goal: string
  /** A text made of the goal, with its words again. */
  restore(text: string): Restored
  /** Of a text made of the goal, whether one of the words in it has this name. */
  holds(text: string, name: string): boolean
  /** What is to be approved though no text that was asked about has its word. */
  lost(texts: readonly string[]): Pick<Restored, 'approval' | 'gate'>
}

export interface Restored {
  text: string
  /** Of `[approve: why]` or `[approve-high: why]` in it. */
  approval?: NodeApproval
  /** Of `[gate: why]`: a person looks at what was found before it is answered. */
  gate?: NodeApproval
}

const FIRST_SIGN = 0xe0_00
const SIGNS = 0x19_00
const SIGN = /[\ue000-\uf8ff]/g

/**
 * Takes the words in brackets out of the way of the rules that take goals apart: a comma in an argument is no
 * comma of the goal's. Goals that use such signs themselves are left as they are.
 */
export function shieldWords(told: string): ShieldedGoal {
  const words = told.search(SIGN) === -1 ? findBrackets(told, isShielded).slice(0, SIGNS) : []
  let goal = ''
  let end = 0
  for (const [index, word] of words.entries()) {
    goal += `${told.slice(end, word.start)}${String.fromCodePoint(FIRST_SIGN + index)}`
    end = word.end
  }
  goal += told.slice(end)
  const wordOf = (sign: string): Bracket | undefined => words[(sign.codePointAt(0) as number) - FIRST_SIGN]
  const wordsIn = (text: string): Bracket[] => [...text.matchAll(SIGN)].flatMap(([sign]) => wordOf(sign) ?? [])
  return {
    goal: withMarksLast(goal),
    restore(text) {
      const plain = text.replaceAll(SIGN, (sign) => {
        const word = wordOf(sign)
        if (!word) return sign
        return isPlanWord(word.name) ? '' : told.slice(word.start, word.end)
      })
      return { text: plain === text ? text : tidy(plain), ...wishesOf(wordsIn(text)) }
    },
    holds: (text, name) => wordsIn(text).some((word) => word.name === name),
    lost: (texts) => {
      const kept = new Set(texts.flatMap(wordsIn))
      return wishesOf(words.filter((word) => !kept.has(word)))
    },
  }
}

function isShielded(name: string): boolean {
  return isMockWord(name) || isPlanWord(name)
}

function isPlanWord(name: string): boolean {
  return name === 'gate:' || /^approve(?:-(?:low|medium|high|critical))?:$/.test(name)
}

function wishesOf(words: readonly Bracket[]): Omit<Restored, 'text'> {
  const approval = words.find(({ name }) => name.startsWith('approve'))
  const gate = words.find(({ name }) => name === 'gate:')
  return { ...(approval && { approval: toApproval(approval) }), ...(gate && { gate: toApproval(gate) }) }
}

function toApproval({ name, argument }: Bracket): NodeApproval {
  const risk = (/-(\w+):/.exec(name)?.[1] ?? 'medium') as RiskLevel
  return { why: argument === '' ? 'The goal asks for it.' : argument.slice(0, 2_000), risk }
}

/** `Deploy it. [x] Then …` → `Deploy it [x]. Then …`: a word belongs to the sentence that it follows, and hides no end of it. */
function withMarksLast(goal: string): string {
  return goal.replaceAll(/([.?!])(\s*[\ue000-\uf8ff](?:\s*[\ue000-\uf8ff])*)/g, '$2$1')
}

function tidy(text: string): string {
  return text
    .replaceAll(/[ \t]{2,}/g, ' ')
    .replaceAll(/ +(?=[.,;:!?](?:\s|$))/g, '')
    .trim()
}
