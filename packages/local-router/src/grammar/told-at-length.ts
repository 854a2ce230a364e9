import { CAPABILITIES, type Capability, type Matter } from './capabilities.ts'
import { fill } from './fill.ts'
import { capitalize, ENDINGS, GREETINGS, unask } from './phrases.ts'
import { choose, type Random } from './random.ts'
import { material, toTask } from './task.ts'

/**
 * One capability as people explain it: what there is, what is wanted, what for, what is wanted once more in other words,
 * and what the result should be. However often it is said, it stays one.
 */
export function toldAtLength(random: Random): string {
  const capability = choose(
    random,
    CAPABILITIES.filter(({ takes, kind }) => takes[0] !== 'nothing' && !MANIFOLD.has(kind)),
  )
  const matter = choose(
    random,
    capability.takes.filter((takes) => takes !== 'nothing'),
  )
  const thing = material(random, matter)
  const short = choose(random, SHORT[matter] ?? ['it'])
  const it = choose(random, ['it', short, short])
  const again = choose(
    random,
    CAPABILITIES.filter(({ kind, takes }) => kind === capability.kind && takes.includes(matter)),
  )
  const wish = (on: string): string => toTask(random, capability, on).does
  const restated = (on: string): string => restate(random, again, on)
  const result = random() < 0.5 ? '' : ` ${fill(random, choose(random, RESULTS[capability.gives] ?? RESULTS.facts))}`
  const purpose = random() < 0.35 ? ` ${choose(random, REASONS)}` : ''
  const want = choose(random, WANTS)
  const where = random() < 0.25 ? ` ${fill(random, choose(random, WHERE)).replace('{x}', fill(random, `{file:${matter in FILES ? matter : 'text'}}`))}` : ''
  return (
    choose(random, GREETINGS) +
    capitalize(
      choose(random, [
        () => `${have(random, thing)} ${capitalize(want)} ${wish(it)}${purpose}. ${restated(it)}${result}`,
        () => `${have(random, thing)} ${capitalize(want)} ${wish(it)}${purpose}.${where}${result}`,
        () => `${have(random, thing).slice(0, -1)} and ${want} ${wish(it)}${purpose}. ${restated(short)}${result}${where}`,
        () => `${have(random, thing).slice(0, -1)}, and ${want} ${wish(it)}.${result}`,
        () => `${have(random, thing)} ${restated(it)}${result}`,
        () => `${want} ${wish(thing)}${purpose}. ${restated(it)}${result}`,
        () => `${want} ${wish(short)}${purpose}.${where}${result}`,
        () => `please ${wish(thing)}${inFormat(random, capability)}.${where}`,
        () =>
          `${have(random, thing)} ${choose(random, ['I need', "I'd like to have", 'I want', 'I am looking for', 'I would like'])} ${toTask(random, capability, it).noun}${purpose}. ${random() < 0.5 ? restated(it) : 'Can you help me with that?'}${where}`,
        () =>
          `${have(random, thing)} ${capability.asks ? capitalize(`${choose(random, ['I want to know', 'I would like to find out', "I'd like to know", 'I need to know'])} ${unask(toTask(random, capability, it).asks ?? '')}`) : `${capitalize(want)} ${wish(it)}`}. ${restated(it)}${result}`,
        () => `${wish(thing)}${purpose}, ${choose(random, ['please', 'if you can', 'as I need it today', 'thank you'])}.${result}`,
        () => `my goal is to ${wish(thing)}${purpose}.${result || ` ${restated(it)}`}`,
      ])(),
    ) +
    choose(random, ENDINGS)
  )
}

/** Kinds whose wordings are not the same thing in other words. */
const MANIFOLD: ReadonlySet<string> = new Set(['edit-image', 'edit-video', 'clean-table', 'fix', 'test', 'deploy', 'ticket', 'rank', 'change-voice'])

function have(random: Random, thing: string): string {
  return fill(random, choose(random, HAVES)).replace('{x}', thing)
}

function restate(random: Random, capability: Capability, on: string): string {
  const task = toTask(random, capability, on)
  return capitalize(
    choose(random, [
      `please ${task.does}${inFormat(random, capability)}.`,
      `can you ${task.does}${inFormat(random, capability)}?`,
      `can you help me ${task.does}?`,
      `please help me ${task.does}${inFormat(random, capability)}.`,
      `could you please ${task.does} for me?`,
      `I need you to ${task.does}.`,
      `please use ${choose(random, ['a suitable tool', 'the right model', 'an appropriate tool', 'whatever tool you have', 'the available tools'])} to ${task.does}.`,
      `please process ${on} and give me ${task.leaves}.`,
      `please provide ${task.leaves}.`,
      `the result should be ${task.noun}.`,
      `what I need is ${task.noun}.`,
      `in other words, ${task.does}.`,
      `so, please ${task.does}.`,
    ]),
  )
}

/** What the result is to be, in the same breath. */
function inFormat(random: Random, { gives }: Capability): string {
  return random() < 0.6 ? '' : fill(random, ` ${choose(random, FORMATS[gives] ?? FORMATS.facts)}`)
}

const FILES: Partial<Record<Matter, true>> = { text: true, image: true, audio: true, video: true, table: true, code: true }

const SHORT: Partial<Record<Matter, readonly string[]>> = {
  text: ['the text', 'this text', 'the document', 'the article', 'it'],
  image: ['the image', 'this image', 'the picture', 'this photo', 'the given image', 'the objects in it'],
  audio: ['the audio', 'the recording', 'this audio file', 'the speech in it', 'the audio clip'],
  video: ['the video', 'this clip', 'the footage'],
  table: ['the table', 'the data', 'this spreadsheet', 'the figures'],
  facts: ['them', 'these'],
  code: ['it', 'the code'],
}

const WANTS = [
  'I want to',
  'I need to',
  "I'd like to",
  'I would like to',
  'I would love to',
  'I wish to',
  'I want you to',
  'I need you to',
  "I'd like you to",
  'I am trying to',
  'I am looking to',
  'we need to',
]
export const REASONS = [
  'for better understanding',
  'so that I can understand it better',
  'to make it easier to read',
  'for further processing',
  'for my research',
  'to use it in a report',
  'for a project that I am working on',
  'so I can share it with my peers',
  'to improve how it can be used',
  'as I cannot do it by hand',
  'in order to save time',
  'to see how they relate to one another',
  'because the original is hard to follow',
  'for my website',
  'so that others can read and use it',
  'to analyse it later',
  'to get a better idea of it',
  'for an upcoming presentation',
  'to post it later',
  'so that my blind uncle can enjoy it',
]
const HAVES = [
  'I have {x}.',
  'I have {x}.',
  'I have {x} with several things in it.',
  'I have {x}, and it is of great value to me.',
  'I have {x} which contains important information.',
  'I have {x} that was made at a meeting.',
  'I have {x} about {topic}.',
  'Here is {x}.',
  'I was given {x}.',
  'I have attached {x}.',
  'I recently made {x}.',
  'I got {x} from a friend.',
  'There is {x}.',
  'I have uploaded {x}.',
  'I am working with {x}.',
  'I found {x}, which is of poor quality in places.',
  'I have {x} containing what we discussed and decided last week.',
]
export const WHERE = [
  'The file is {x}.',
  'Here is the file: {x}',
  'The name of the file is {x}.',
  'It is called {x}.',
  'You can find it in {x}.',
  'File: {x}',
  'Use {x} as the input.',
  'Here it is: {x}.',
]
export const RESULTS: Partial<Record<Matter, readonly string[]>> & { facts: readonly string[] } = {
  text: [
    'Please provide the text.',
    'Give me the result as plain text.',
    'I need it in text format.',
    'The output should be a text.',
    'Please return the resulting text.',
    'Please give me the text in a readable format.',
    'Save the result as {file:text}.',
    'Provide the output in a text file.',
    'I only need the text.',
  ],
  image: [
    'Please provide the new image.',
    'Save the result as {file:image}.',
    'The output should be an image.',
    'Please return the resulting image.',
    'Please generate an output image.',
    'Show me the result as an image.',
    'Save the image as {file:image}.',
    'I need the output image in good quality.',
  ],
  audio: [
    'Please provide the audio file.',
    'Save the result as {file:audio}.',
    'The output should be an audio file.',
    'Please return the resulting audio.',
    'Name the output {file:audio}.',
    'The result should sound natural.',
  ],
  video: ['Please provide the video.', 'Save the video as {file:video}.', 'The output should be a video file.', 'Please generate a video called {file:video}.'],
  table: ['Save it as {file:table}.', 'Please provide the table.', 'The output should be a table.'],
  facts: [
    'Please tell me the result.',
    'Provide me with the result.',
    'Give me the answer in text form.',
    'Return the result in a readable way.',
    'Please provide the output as text.',
    'Show me the labels.',
    'Please give me a clear and correct answer.',
    'The output should be a list.',
    'Provide the result as plain text.',
    'Let me know what you find.',
  ],
}
const FORMATS: Partial<Record<Matter, readonly string[]>> & { facts: readonly string[] } = {
  text: [
    'in text format',
    'and provide the text',
    'and give me the resulting text',
    'as plain text',
    'and return the text',
    'and save it as {file:text}',
    'so that I can read it',
  ],
  image: [
    'and provide the image',
    'and save it as {file:image}',
    'and return the new image',
    'and generate an output image',
    'as an image',
    'and show me the result',
  ],
  audio: ['as an audio file', 'and save it as {file:audio}', 'in audio format', 'and provide the audio', 'in a natural voice'],
  video: ['as a video file', 'and save it as {file:video}', 'and provide the video'],
  table: ['as {file:table}', 'and provide the table'],
  facts: [
    'and provide the result',
    'and return the result as text',
    'and give me the labels',
    'and tell me the answer',
    'and provide the output in text form',
    'and list what you find',
    'with as much detail as possible',
  ],
}
