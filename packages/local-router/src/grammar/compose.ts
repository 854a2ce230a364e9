import type { Example } from '../examples.ts'
import type { Matter } from './capabilities.ts'
import { fill } from './fill.ts'
import { composeLongCall } from './long-calls.ts'
import { MANY_TEMPLATES, MANY_WORDS } from './many-calls.ts'
import { oneTask } from './one-task.ts'
import { choose, type Random } from './random.ts'
import { severalTasks } from './several-tasks.ts'
import { SINGLE_TEMPLATES, SINGLE_WORDS } from './single-calls.ts'
import { material } from './task.ts'
import { toldAtLength } from './told-at-length.ts'
import { composeWordProblem } from './word-problems.ts'

/**
 * Requests made of parts, over many domains, so that what is learned is how people join tasks and not what they talk
 * about. What they are made of has no part in the label, only how many tasks they join.
 */
export function composeExamples(random: Random, amount: number): Example[] {
  return Array.from({ length: amount }, (_, index) => {
    const [prompt, needs_orchestration] = composeOne(random, index)
    return { id: `composed:${index}`, prompt: roughen(random, prompt), needs_orchestration, source: 'composed' }
  })
}

/** Of what every eighteen are: eleven that one call answers, of which most are long or tempting, and seven that take several. */
const MIX = [
  'single',
  'many',
  'many',
  'one',
  'one',
  'one',
  'told',
  'told',
  'several',
  'long',
  'several',
  'several',
  'several',
  'several',
  'long',
  'long',
  'sum',
  'single',
] as const

function composeOne(random: Random, index: number): [prompt: string, needs_orchestration: boolean] {
  switch (MIX[index % MIX.length]) {
    case 'many':
      return [filled(random, withMaterial(random, choose(random, MANY_TEMPLATES)), MANY_WORDS), true]
    case 'several':
      return [severalTasks(random), true]
    case 'one':
      return [oneTask(random), false]
    case 'told':
      return [toldAtLength(random), false]
    case 'long':
      return [composeLongCall(random), false]
    case 'sum':
      return [composeWordProblem(random), false]
    default:
      return [filled(random, choose(random, SINGLE_TEMPLATES), SINGLE_WORDS), false]
  }
}

function withMaterial(random: Random, template: string): string {
  return template.replace(/\{some:(\w+)\}/g, (_, matter: Matter) => material(random, matter))
}

function filled(random: Random, template: string, words: Readonly<Record<string, readonly string[]>>): string {
  return fill(
    random,
    template.replace(/\{([\w:-]+)\}/g, (brace, name: string) => (words[name] ? choose(random, words[name]) : brace)),
  )
}

/** As people type: in small letters, without a full stop, with letters in the wrong order. */
function roughen(random: Random, text: string): string {
  const roll = random()
  if (roll < 0.08) return text.toLowerCase()
  if (roll < 0.14) return text.replace(/[.!]$/, '')
  if (roll < 0.19)
    return text
      .toLowerCase()
      .replace(/\b(\w)(\w)(\w)(\w+)\b/g, (word, a: string, b: string, c: string, rest: string) => (random() < 0.12 ? a + c + b + rest : word))
  return text
}
