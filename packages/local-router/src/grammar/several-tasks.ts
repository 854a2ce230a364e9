import { CAPABILITIES, type Capability } from './capabilities.ts'
import { fill } from './fill.ts'
import { aside, capitalize, ENDINGS, GREETINGS, HAVES, sentence, unask } from './phrases.ts'
import { choose, shuffle, type Random } from './random.ts'
import { REASONS, RESULTS } from './told-at-length.ts'
import { material, toTask, type Task } from './task.ts'

/** Several capabilities, one after the other or side by side. */
export function severalTasks(random: Random): string {
  const length = 2 + Math.floor(random() * random() * 5)
  const form = random()
  if (form < 0.12) return nested(random)
  if (form < 0.2) return implied(random)
  const tasks = random() < 0.6 ? chain(random, length) : sideBySide(random, length)
  return join(random, tasks.opening, tasks.tasks)
}

function chain(random: Random, length: number): { opening: string | undefined; tasks: Task[] } {
  const first = choose(
    random,
    CAPABILITIES.filter(({ gives }) => gives !== 'nothing'),
  )
  const matter = choose(random, first.takes)
  const start = matter === 'nothing' ? '' : material(random, matter)
  const apart = start !== '' && random() < 0.4
  const tasks = [toTask(random, first, apart ? 'it' : start)]
  const used = new Set([first.kind])
  while (tasks.length < length) {
    const last = tasks.at(-1) as Task
    const next = CAPABILITIES.filter(
      ({ kind, takes }) => !used.has(kind) && (last.capability.gives === 'nothing' ? takes.includes('nothing') : takes.includes(last.capability.gives)),
    )
    if (next.length === 0) break
    const capability = choose(random, next)
    used.add(capability.kind)
    const on = choose(random, [last.leaves, last.leaves, 'it', 'the result', 'them', 'that'])
    tasks.push(toTask(random, capability, on))
  }
  return {
    opening: apart ? fill(random, choose(random, HAVES)).replace('{x}', start) : undefined,
    tasks:
      tasks.length > 1
        ? tasks
        : [
            ...tasks,
            toTask(
              random,
              choose(
                random,
                CAPABILITIES.filter(({ kind, takes }) => kind !== first.kind && takes.includes('nothing')),
              ),
              '',
            ),
          ],
  }
}

function sideBySide(random: Random, length: number): { opening: string | undefined; tasks: Task[] } {
  const same = random() < 0.4 ? choose(random, ['text', 'image', 'audio', 'table', 'video'] as const) : undefined
  const on = same ? material(random, same) : ''
  const fitting = CAPABILITIES.filter(({ takes }) => (same ? takes.includes(same) : takes.includes('nothing')))
  const capabilities = distinct(shuffle(random, fitting)).slice(0, length)
  const tasks = capabilities.map((capability, index) =>
    toTask(random, capability, same ? (index === 0 ? on : choose(random, ['it', on, 'it'])) : material(random, capability.takes[0] ?? 'text')),
  )
  return {
    opening:
      random() < 0.2
        ? choose(random, [
            'I have a lot to do today.',
            'Please help me with a few things.',
            'I am preparing for next week.',
            'My parents are visiting.',
            'We open on Monday.',
          ])
        : undefined,
    tasks,
  }
}

/** One task within the other: the second is done to what the first would give, and the first is only named. */
function nested(random: Random): string {
  const first = choose(
    random,
    CAPABILITIES.filter(({ gives, takes }) => gives !== 'nothing' && gives !== 'code' && takes[0] !== 'nothing'),
  )
  const start = material(random, choose(random, first.takes))
  const inner = toTask(random, first, start)
  const innerIt = toTask(random, first, 'it')
  const second = choose(
    random,
    CAPABILITIES.filter(({ kind, takes, does }) => kind !== first.kind && takes.includes(first.gives) && does.some((template) => template.includes('{x}'))),
  )
  const outer = toTask(random, second, inner.noun, true)
  const outerIt = toTask(random, second, innerIt.noun, true)
  const have = fill(random, choose(random, HAVES)).replace('{x}', start)
  const ending = choose(random, ENDINGS)
  const language = fill(random, '{language}')
  switch (Math.floor(random() * 8)) {
    case 0:
    case 1:
      return sentence(random, outer.does) + ending
    case 2:
      return `${have} ${sentence(random, outerIt.does)}${ending}`
    case 3:
      return second.nouns.some((noun) => noun.includes('{x}'))
        ? `I need ${outer.noun}.${ending}`
        : `${sentence(random, innerIt.does)} ${sentence(random, outer.does)}`
    case 4:
      return first.kind === 'translate'
        ? sentence(random, outer.does)
        : `${have} ${sentence(random, innerIt.does)} ${choose(random, ['The answer should be in', 'I need it in', 'Please give me the result in', 'Everything in'])} ${language}${choose(random, ['', ', please', ', as I do not speak the original'])}.`
    case 5:
      return `${have} I would like to know ${innerIt.asks ? unask(innerIt.asks) : innerIt.noun}, ${choose(random, ['and', 'and also', 'and then'])} ${toTask(random, second, choose(random, ['it', 'the result', 'the answer'])).does}.${ending}`
    case 6:
      return `${capitalize(outer.noun)} ${choose(random, ['based on', 'made from', 'using', 'that goes with'])} ${inner.noun}, please.`
    default:
      return `${sentence(random, toTask(random, second, choose(random, ['it', start])).does)} ${choose(random, ['Use', 'Base it on', 'Start from', 'It should include', 'It should follow'])} ${inner.noun}.${ending}`
  }
}

/** A task on what it cannot work on as it is: between a recording and its summary lies a transcript that nobody names. */
function implied(random: Random): string {
  const from = choose(random, ['audio', 'audio', 'video', 'image'] as const)
  const capability = choose(
    random,
    CAPABILITIES.filter(({ takes, kind, does }) => ON_TEXT.has(kind) && !takes.includes(from) && does.some((template) => template.includes('{x}'))),
  )
  const thing = material(random, from)
  const task = toTask(random, capability, thing, true)
  const it = toTask(random, capability, choose(random, ['it', 'what is said in it', 'its content', 'the content']), true)
  const have = fill(random, choose(random, HAVES)).replace('{x}', thing)
  return `${choose(random, GREETINGS)}${choose(random, [`${have} ${sentence(random, it.does)}`, sentence(random, task.does), `${have} I need ${it.noun}.`, `I want ${task.noun}.`, `I have ${thing}, and I want to ${it.does}. Please give me the result.`])}${choose(random, ENDINGS)}`
}

const ON_TEXT: ReadonlySet<string> = new Set(
  'translate summarize extract sentiment rewrite verify reply slides quiz keywords topic expand vary film draw similar converse question'.split(' '),
)

function distinct(capabilities: Capability[]): Capability[] {
  return capabilities.filter(({ kind }, index) => capabilities.findIndex((other) => other.kind === kind) === index)
}

const THEN = ['then', 'and then', 'after that,', 'next,', 'afterwards,', 'also', 'finally,', 'and', 'once that is done,']

function join(random: Random, opening: string | undefined, tasks: Task[]): string {
  const greeting = choose(random, GREETINGS) + aside(random)
  const gives = tasks.at(-1)?.capability.gives ?? 'facts'
  // Told as much at length as one task is, so that length says nothing.
  const ending =
    (random() < 0.15 ? ` I need it ${choose(random, REASONS)}.` : '') +
    (random() < 0.25 ? ` ${fill(random, choose(random, RESULTS[gives] ?? RESULTS.facts))}` : '') +
    choose(random, ENDINGS)
  const before = greeting + (opening ? `${opening} ` : '')
  const does = tasks.map((task) => task.does)
  const last = does.at(-1) as string
  const head = does.slice(0, -1)
  const twoSubjects = tasks.map(({ noun }) => noun)
  switch (Math.floor(random() * 13)) {
    case 0:
    case 1:
    case 2:
      return `${before}${sentence(random, `${head.join(', ')}${choose(random, [' and ', ', and ', ', and then ', ', then ', ' and finally ', ', and also '])}${last}`)}${ending}`
    case 3:
    case 4: // A sentence for each.
      return `${before}${does.map((task, index) => (index === 0 ? sentence(random, task) : `${capitalize(choose(random, THEN))} ${choose(random, ['', '', 'please ', 'I want to ', 'I need you to ', 'could you '])}${task}.`)).join(' ')}${ending}`
    case 5: // As a list of things wanted.
      return `${before}I ${choose(random, ['need', 'want', 'would like', 'am looking for'])} ${listed(twoSubjects)}.${ending}`
    case 6: // Numbered or dotted.
      return `${before}${choose(random, ['Please do the following:', 'Tasks:', 'What I need:', 'Steps:', ''])}\n${does.map((task, index) => (random() < 2 ? `${index + 1}. ${capitalize(task)}` : task)).join('\n')}${ending}`
    case 7:
      return `${before}${does.map((task) => `- ${task}`).join('\n')}`
    case 8: // Turned round.
      return `${before}${sentence(random, `${last}${choose(random, [' after you ', ', but first ', ' once you have managed to ', '; before that, '])}${head.join(' and ')}`)}${ending}`
    case 9: // The first as a thing, the others to be done with it.
      return `${before}I need ${(tasks[0] as Task).noun}. ${does
        .slice(1)
        .map((task, index) =>
          index === 0 ? capitalize(`${choose(random, ['please ', 'then ', 'based on that, ', 'with it, ', 'I also want to '])}${task}`) : `and ${task}`,
        )
        .join(' ')}.${ending}`
    case 10: // Terse.
      return does.join(choose(random, [' -> ', ', ', ' + ', '; ', ' then ']))
    case 11: {
      const asked = tasks.find(({ asks }) => asks !== undefined)?.asks
      const others = tasks.filter(({ asks }) => asks !== asked || asked === undefined).map((task) => task.does)
      return asked && others.length > 0
        ? `${before}${capitalize(asked)} ${choose(random, ['And please', 'Also,', 'After that,', 'Then', 'If so,'])} ${others.join(' and ')}.${ending}`
        : `${before}${sentence(random, does.join(' and '))}`
    }
    default:
      return `${before}${sentence(random, does.slice(0, 2).join(' and '))} ${does
        .slice(2)
        .map((task) => `${choose(random, ['Also', 'Then', 'Finally,', 'Additionally,', 'In addition,', 'Lastly,'])} ${task}.`)
        .join(' ')}${ending}`.trim()
  }
}

function listed(things: string[]): string {
  return things.length < 2 ? things.join('') : `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`
}
