import { fill } from './fill.ts'
import { choose, type Random } from './random.ts'

const ASIDES = [
  'I am a teacher at a small school. ',
  'We are a team of four. ',
  'It is the first time that I do this. ',
  'My deadline is on Friday. ',
  'I have been working on this for weeks. ',
  'I am preparing for an exam. ',
  'My friends told me to ask you. ',
  'I am really curious about it. ',
  'The weather is awful and I am stuck at home. ',
  'It is for a friend who lives in {city}. ',
  "I don't have time to do it myself. ",
  'I am interested in {topic}. ',
]
/** Something about the asker that asks for nothing, now and then. */
export const aside = (random: Random): string => (random() < 0.18 ? fill(random, choose(random, ASIDES)) : '')

export const POLITE = [
  'please ',
  '',
  '',
  'can you ',
  'could you please ',
  'could you ',
  'I want to ',
  'I need to ',
  "I'd like to ",
  'I would like to ',
  "I'd like you to ",
  'help me ',
  'I want you to ',
  'would you ',
  'kindly ',
  'I have to ',
  'please help me ',
]
export const PURPOSES = [
  'to learn more about it',
  'so that I can plan my trip',
  'to share it later',
  'for further analysis',
  'to use it in my presentation',
  'so I can find things more easily',
  'and provide me with the result',
  'and return the result as text',
  'and show me the outcome',
  'using a suitable tool',
  'with the right tool',
  'and give me the output',
  'for a talk next week',
  'because I do not have the time',
  'so that my team can use it',
  'for my grandmother',
  'as I need it for work',
  'before the meeting',
  'so I can understand it better',
  'and be careful with it',
  'in a friendly tone',
  'in less than 100 words',
  'as well as you can',
  'with as much detail as possible',
  'for a presentation',
  'and keep it short',
]
export const GREETINGS = ['Hi! ', 'Hello, ', 'Hey there, ', 'Good morning. ', 'Ok so ', 'Quick one: ', '', '', '', '', '', '', '', '']
export const ENDINGS = [
  ' Thanks!',
  ' Thank you.',
  ' Can you help me?',
  ' Please help.',
  ' I need it today.',
  ' It is urgent.',
  ' Let me know when it is done.',
  ' Could you help me with this task?',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
]
export const HAVES = [
  'I have {x} and a question about it.',
  'I have {x}, showing a page with some figures.',
  'I have {x}, which contains several things.',
  'I took {x} yesterday and it turned out well.',
  'I recently found {x} online.',
  'I came across {x}.',
  'I recorded {x} during a lesson.',
  'I would like some help with {x}.',
  'I have been given {x} for my class.',
  'Take {x}.',
  'I have {x}.',
  'I have {x} and I do not know what to do with it.',
  'Here is {x}.',
  'I am attaching {x}.',
  'My boss gave me {x}.',
  "I've got {x}, which is quite long.",
  'There is {x} in the folder.',
  'I have {x} from last week.',
  'I was sent {x} and it looks interesting.',
  'Given {x}:',
  'We have {x} that I find hard to understand.',
]

/** A task as an order, a wish or a question. */
export function sentence(random: Random, task: string): string {
  if (random() < 0.07)
    return `${choose(random, ['I need help with', 'I need help in', 'Please help me with', 'I would like some help with', 'Can you assist me in', 'I am thinking of', 'I am interested in'])} ${task.replace(/^(\w+)\b/, (verb) => gerundOf(verb))}.`
  const polite = choose(random, POLITE)
  return `${capitalize(polite + task)}${/^(?:can|could|would)/.test(polite) ? '?' : '.'}`
}

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function gerundOf(verb: string): string {
  return /[^e]e$/.test(verb) ? `${verb.slice(0, -1)}ing` : `${verb}ing`
}

/** A question as what somebody wants to know. */
export function unask(question: string): string {
  return question.replace(/\?$/, '').replace(/^(what) (?:does|do) (.*) say/, '$1 $2 says')
}
