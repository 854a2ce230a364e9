import { MATERIAL, WORD_LISTS, type Capability, type Matter } from './capabilities.ts'
import { fill } from './fill.ts'
import { choose, type Random } from './random.ts'

/** A task, its verb phrase filled in, and what it works on. */
export interface Task {
  capability: Capability
  does: string
  noun: string
  leaves: string
  asks: string | undefined
}

export function toTask(random: Random, capability: Capability, on: string, whole = false): Task {
  const second = choose(random, MATERIAL[capability.takes[0] ?? 'text'] ?? ['the other one'])
  const words = Object.fromEntries(Object.entries(WORD_LISTS).map(([name, list]) => [name, choose(random, list)]))
  // What it works on is named wherever it can be: of a task within a task, it is the other task.
  const naming = (templates: readonly string[]): readonly string[] => {
    const named = whole ? templates.filter((template) => template.includes('{x}')) : []
    return named.length > 0 ? named : templates
  }
  const write = (template: string): string => fill(random, template.replaceAll('{x2}', second).replaceAll('{x}', on), words)
  return {
    capability,
    does: write(choose(random, naming(capability.does))),
    noun: write(choose(random, naming(capability.nouns))),
    leaves: write(choose(random, capability.leaves)),
    asks: capability.asks ? write(choose(random, capability.asks)) : undefined,
  }
}

/** What is worked on: by its own name, or by its kind and its file, with or without more about it. */
export function material(random: Random, matter: Matter): string {
  const kinds = KINDS[matter]
  if (!kinds || random() < 0.45) return fill(random, choose(random, MATERIAL[matter] ?? ['it'])) + more(random)
  const kind = choose(random, kinds)
  const file = fill(random, `{file:${matter}}`)
  const which = choose(random, ['the given', 'the provided', 'the attached', 'this', 'my', 'the uploaded', 'an old', 'a', 'the', 'the following'])
  return choose(random, [
    `${which} ${kind}${more(random)}`,
    `${which} ${kind} ${file}`,
    `${which} ${kind} file ${file}`,
    `${which} ${kind} named ${file}${more(random)}`,
    `${which} ${kind}, ${file},`,
    `${which} ${kind} (${file})${more(random)}`,
    `${which} ${kind} called ${file}`,
    file,
    `${which} ${kind}${more(random)} (${file})`,
  ])
}

const KINDS: Partial<Record<Matter, readonly string[]>> = {
  text: ['text', 'document', 'article', 'paper', 'text file', 'chapter', 'letter', 'report'],
  image: ['image', 'picture', 'photo', 'image of a room', 'photo of a street', 'drawing of a ship', 'screenshot'],
  audio: ['audio', 'audio file', 'recording', 'voice recording', 'recording of a lesson', 'sound file'],
  video: ['video', 'clip', 'video of a match', 'recording of a talk', 'film'],
  table: ['table', 'spreadsheet', 'table of prices', 'dataset', 'list of orders'],
}

/** Says more about a thing and asks for nothing more. */
function more(random: Random): string {
  return random() < 0.55 ? '' : fill(random, choose(random, MORE))
}

const MORE = [
  ' about {topic}',
  ' on the history of {topic}',
  ' from last week',
  ' that my sister sent me',
  ', which was made near the river',
  ' by a well-known author',
  ' with a lot of detail',
  ' of the old town',
  ' for my class',
  ' in {language}',
  ' containing several parts',
  ' that I found online',
  ' of an important meeting',
  ' with some background noise',
  ' of a car and a house',
  ' and its surroundings',
  ' that is hard to read',
  ' with two people in it',
  ' describing the plan',
  ' related to {topic}',
]
