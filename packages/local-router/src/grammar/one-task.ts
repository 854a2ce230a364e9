import { CAPABILITIES, type Matter } from './capabilities.ts'
import { fill } from './fill.ts'
import { aside, capitalize, ENDINGS, GREETINGS, HAVES, PURPOSES, sentence, unask } from './phrases.ts'
import { choose, type Random } from './random.ts'
import { material, toTask } from './task.ts'

/** One capability, said plainly, at length, or twice in other words. */
export function oneTask(random: Random): string {
  const capability = choose(random, CAPABILITIES)
  const matter = choose(random, capability.takes)
  const on = material(random, matter)
  const task = toTask(random, capability, matter === 'nothing' ? '' : on)
  const it = toTask(random, capability, choose(random, ['it', 'this', 'it', 'this file']))
  const greeting = choose(random, GREETINGS) + aside(random)
  const ending = choose(random, ENDINGS)
  const purpose = random() < 0.3 ? ` ${choose(random, PURPOSES)}` : ''
  if (matter === 'nothing') {
    const form = Math.floor(random() * 6)
    if (form === 0 && task.asks) return greeting + capitalize(task.asks) + ending
    if (form === 1) return `${greeting}I need ${task.noun}${purpose}.${ending}`
    if (form === 2)
      return `${greeting}I ${choose(random, ['have a busy week', 'just came home', 'am planning something', 'am not sure about this', 'am in a hurry'])}. ${sentence(random, task.does + purpose)}${ending}`
    if (form === 3)
      return `${greeting}${sentence(random, task.does)} ${choose(random, ['It should be quick.', 'I do not mind the price.', 'My friends are coming over.', 'Make sure that it works.', 'I forgot about it yesterday.', 'The usual one is fine.', 'Please assist me with that.'])}`
    return greeting + sentence(random, task.does + purpose) + ending
  }
  const have = fill(random, choose(random, HAVES)).replace('{x}', on)
  switch (Math.floor(random() * 15)) {
    case 0:
      return `${greeting}${have} ${sentence(random, it.does + purpose)}${ending}`
    case 1: // Said twice, in other words.
      return `${greeting}${have.slice(0, -1)} and I ${choose(random, ['want to', 'need to', 'would like to'])} ${it.does}. Please ${toTask(random, capability, choose(random, ['it', on])).does}${choose(random, [' for me', '', ' and give me the result', ' and show me the result', ''])}.`
    case 2:
      return `${greeting}${have} I need ${dropOf(task.noun)}${purpose}.${ending}`
    case 3:
      return task.asks ? `${greeting}${have} ${capitalize(task.asks)}${ending}` : `${greeting}${sentence(random, task.does)}${ending}`
    case 4:
      return `${greeting}I want ${task.noun}${purpose}. ${choose(random, ['It is important to me.', 'The quality should be good.', 'You can choose the format.', 'Please do it carefully.', 'I will use it in class.'])}`
    case 5: // Two words for one thing.
      return `${greeting}${sentence(random, `${choose(random, ['look at', 'take', 'read', 'open', 'use', 'consider', 'go through', 'have a look at', 'process', 'analyze', 'take a look at'])} ${on} and ${it.does}`)}${ending}`
    case 6:
      return `${greeting}${sentence(random, task.does)} ${choose(random, ['The file is', 'It is', 'You find it in', 'The input is'])} ${on}.${ending}`
    case 7:
      return `${have} ${choose(random, ['I want to know', 'I would like to know', 'I wonder', 'Tell me', 'I need to find out'])} ${task.asks ? unask(task.asks) : `how to ${it.does}`}.${ending}`
    case 9: {
      // A question that is quoted.
      const asked = material(random, choose(random, ['text', 'image', 'table', 'text', 'image'] as const))
      const question = choose(random, QUESTIONS)
      return `${greeting}${choose(random, [`I have ${asked} and a question about it: ${question}.`, `Based on ${asked}, ${choose(random, ['please answer this question', 'tell me', 'answer'])}: ${question}`, `I want to know the answer to the following question: ${question}. ${choose(random, ['It is in', 'You find it in', 'Please look at', 'Please use', 'The answer is in'])} ${asked}.`, `I have ${asked}. My question is: ${question} ${choose(random, ['Please answer it.', 'Please help me find the answer.', 'Can you answer the question?', 'Please provide an accurate answer.', ''])}`, `Using ${asked}, answer the question ${question}.`, `I have a question about ${asked}. ${question}`, `I have ${asked} and want to find out the answer to the question ${question}. Please look at it and give me the answer.`])}${ending}`
    }
    case 10: {
      // The task names the order that it was given.
      const edit = choose(
        random,
        CAPABILITIES.filter(({ kind }) => EDITS.has(kind)),
      )
      const edited = material(random, choose(random, edit.takes))
      const does = toTask(random, edit, edited).does
      const editIt = toTask(random, edit, 'it').does
      const order = choose(random, ORDERS)
      return `${greeting}${choose(random, [`I have ${edited}. Please ${editIt} according to this description: ${order}`, `${sentence(random, does)} Use this as a guide: ${order}`, `I want to ${does} to match the following description: ${order}`, `Please ${does} based on the description ${order}.`, `I have ${edited}. I want to change it: ${order}. Please change it accordingly.`])}${ending}`
    }
    case 11: {
      // A picture of a text, a text about pictures: one thing that has two names.
      const double = choose(random, DOUBLES[matter] ?? [on])
      return `${greeting}${choose(random, [`I have ${double} (${on.includes('.') ? on : 'attached'}).`, `I have ${double}.`, `There is ${double}, see ${on}.`])} ${sentence(random, `${it.does}${purpose}`)}${ending}`
    }
    case 12: {
      // Synonyms.
      const pair = choose(random, PAIRS[matter] ?? PAIRS.text)
      return `${greeting}${have.slice(0, -1)} and ${choose(random, ['I want to', 'I need to', 'please', 'I would like to', 'I need you to'])} ${pair}${purpose}.${choose(random, [' Please tell me what is there and show me the result.', '', ''])}${ending}`
    }
    case 8: // Only the result is wanted.
      return `${greeting}${sentence(random, task.does)} ${choose(random, ['Give me the result.', 'Show me the result as text.', 'Return the output in a readable format.', 'I only need the final result.', 'Provide the output.', 'Then show it to me.'])}`
    default:
      return greeting + sentence(random, task.does + purpose) + ending
  }
}

function dropOf(noun: string): string {
  return noun.replace(/ (?:of|in|on) .*/, '')
}

const QUESTIONS = [
  "'What is the main idea?'",
  '“Who is in charge?”',
  "'What colour is the roof?'",
  "'When did it begin, and why?'",
  'What is the main topic of it?',
  'how many people are there?',
  "'What does the chart say about sales?'",
  '‘Which year was the best?’',
  "'Who was the first director of the museum?'",
  'what caused the delay?',
]
const EDITS: ReadonlySet<string> = new Set(['edit-image', 'style-image', 'rewrite', 'edit-video', 'change-voice'])
const ORDERS = [
  "'Make the roof green.'",
  '“Shorter, and without names.”',
  "'Change it as Anna said: brighter, with a white frame.'",
  '‘as in the old version’',
  "'The title should be red and the border should be blue.'",
  'The walls should be yellow, and the door should be open.',
]
const DOUBLES: Partial<Record<Matter, readonly string[]>> = {
  text: [
    'a document about an old film',
    'an article about music',
    'a text on travel and weather',
    'an e-mail about the meeting',
    'a paper about image search',
    'a chapter on how to book a flight',
  ],
  image: [
    'an image of a document',
    'a photo of a table',
    'a scanned page',
    'a picture of a street',
    'a letter in image format',
    'a screenshot of a chat',
    'a photo of a page with handwriting',
  ],
  audio: ['a recording of a meeting', 'an audio file of a lecture', 'a recording of a phone call', 'a voice message with an order'],
  video: ['a video of a lecture', 'a film of a concert', 'a recording of an online meeting'],
  table: ['a table with the prices of our products', 'a spreadsheet of hotel bookings', 'a list of orders and payments'],
}
const PAIRS: Partial<Record<Matter, readonly string[]>> & { text: readonly string[] } = {
  image: [
    'detect and mark the objects in it',
    'identify and label the main object',
    'recognise and name what is in it',
    'look at and describe it',
    'detect the objects and label them',
    'find and outline the people',
    'read and extract the words on it',
    'detect the objects in it with boxes and labels',
    'classify the object and give me its class',
  ],
  audio: [
    'listen to and transcribe it',
    'recognise and write down the words',
    'clean and enhance the sound',
    'remove the noise and improve the quality',
    'reduce the noise to make the voice clearer',
    'detect and name the speakers',
  ],
  video: ['watch and transcribe it', 'listen to it and write down what is said'],
  table: ['read and understand it', 'check and correct the numbers', 'sort and rank the rows'],
  text: [
    'find and identify the names',
    'identify and label the dates and places',
    'analyze and classify the tone',
    'read and summarise it',
    'check and correct the spelling',
    'review and improve the wording',
    'search and find the dates',
    'tag the words with their kind and mark the names',
  ],
}
