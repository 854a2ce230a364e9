import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import OpenAI4 from 'openai-4'
import OpenAI6 from 'openai-6'

import { readAsPython } from './python-sse.ts'
import type { SignalboxProcess } from './signalbox-process.ts'

export interface Asked {
  model: string
  messages: { role: 'user' | 'assistant'; content: string }[]
  headers?: Record<string, string>
}

/** A client of OpenAI's API as people use it, in one of the ways in which it is used. */
export interface Client {
  name: string
  /** The answer's text, as the client gives it to who calls it; rejects where the client does. */
  ask(signalbox: SignalboxProcess, asked: Asked): Promise<string>
  /** What the model of the house answers to the way in which this client asks it. */
  expected(question: string): string
}

const echo = (question: string): string => `You said: ${question} – naïve ☂ 🜚`

/** The package's three majors, each in four ways; others by their own; and the package for Python, which reads bytes in its own way. */
export function openClients(): Client[] {
  return [
    ...toOpenAIClients(
      'openai 4',
      (options) => new OpenAI4(options),
      ({ beta }) => beta?.chat.completions,
    ),
    ...toOpenAIClients(
      'openai 6',
      (options) => new OpenAI6(options),
      ({ chat }) => chat.completions,
    ),
    ...toOpenAIClients(
      'openai 7',
      (options) => new OpenAI(options),
      ({ chat }) => chat.completions,
    ),
    { name: '@ai-sdk/openai-compatible, streamText', ask: streamWithAiSdk, expected: echo },
    { name: '@ai-sdk/openai-compatible, generateText', ask: generateWithAiSdk, expected: echo },
    { name: '@langchain/openai, stream', ask: streamWithLangChain, expected: echo },
    { name: '@langchain/openai, invoke', ask: invokeWithLangChain, expected: echo },
    { name: 'the decoder of openai-python', ask: readWithPython, expected: echo },
  ]
}

interface Chunk {
  choices: { delta: { content?: string | null } }[]
}

/** As much of the package as we use; its majors have it in different places. */
interface Helpers {
  stream(body: object, options: object): { finalContent(): Promise<string | null> }
  runTools(body: object, options: object): { finalContent(): Promise<string | null> }
  parse(body: object, options: object): Promise<{ choices: { message: { content: string | null; parsed: { answer: number } | null } }[] }>
}
interface AnyOpenAI {
  chat: { completions: Helpers & { create(body: object, options: object): Promise<AsyncIterable<Chunk>> } }
  beta?: { chat: { completions: Helpers } }
}
interface OpenAIOptions {
  baseURL: string
  apiKey: string
  maxRetries: number
}

const TOOL = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }
const FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'answer',
    strict: true,
    schema: { type: 'object', properties: { answer: { type: 'number' } }, required: ['answer'], additionalProperties: false },
  },
}

function toOpenAIClients(name: string, create: (options: OpenAIOptions) => unknown, helpersOf: (client: AnyOpenAI) => Helpers | undefined): Client[] {
  // The majors' types differ in what none of this touches; that each has what is used here is what the stories show.
  const open = ({ baseUrl, apiKey }: SignalboxProcess): AnyOpenAI => create({ baseURL: baseUrl, apiKey, maxRetries: 0 }) as AnyOpenAI
  const help = (signalbox: SignalboxProcess): Helpers => helpersOf(open(signalbox)) as Helpers
  return [
    {
      name: `${name}, plain loop`,
      expected: echo,
      async ask(signalbox, { headers = {}, ...body }) {
        let text = ''
        // No care is taken of chunks without choices: most loops that people write take none.
        for await (const chunk of await open(signalbox).chat.completions.create({ ...body, stream: true }, { headers }))
          text += (chunk.choices[0] as Chunk['choices'][0]).delta.content ?? ''
        return text
      },
    },
    {
      name: `${name}, .stream()`,
      expected: echo,
      ask: async (signalbox, { headers = {}, ...body }) =>
        (await help(signalbox)
          .stream({ ...body, stream: true }, { headers })
          .finalContent()) ?? '',
    },
    {
      name: `${name}, runTools`,
      expected: () => 'The tool says: rain in Oslo',
      async ask(signalbox, { headers = {}, ...body }) {
        const weather = { ...TOOL, function: { ...TOOL.function, parse: JSON.parse, function: ({ city }: { city: string }) => `rain in ${city}` } }
        return (
          (await help(signalbox)
            .runTools({ ...body, stream: true, tools: [weather] }, { headers })
            .finalContent()) ?? ''
        )
      },
    },
    {
      name: `${name}, parse`,
      expected: () => '42',
      async ask(signalbox, { headers = {}, ...body }) {
        // An orchestrated answer is text: a form can be asked for of the model alone.
        const isOrchestrated = body.model.startsWith('signalbox-')
        const { choices } = await help(signalbox).parse({ ...body, ...(!isOrchestrated && { response_format: toParseable(FORMAT) }) }, { headers })
        const { content, parsed } = (choices[0] as (typeof choices)[0]).message
        return parsed ? String(parsed.answer) : (content ?? '')
      },
    },
  ]
}

/** What the package's own helper for zod makes of a schema. */
function toParseable<Format extends object>(format: Format): Format {
  return Object.defineProperties({ ...format }, { $brand: { value: 'auto-parseable-response-format' }, $parseRaw: { value: JSON.parse } })
}

const aiSdkModel = ({ baseUrl, apiKey }: SignalboxProcess, { model, headers = {} }: Asked) =>
  createOpenAICompatible({ name: 'signalbox', baseURL: baseUrl, apiKey, headers, includeUsage: true })(model)

async function streamWithAiSdk(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  // The error is told twice: to this callback, which prints it by default, and in the stream.
  const { fullStream } = streamText({ model: aiSdkModel(signalbox, asked), messages: asked.messages, maxRetries: 0, onError: () => undefined })
  let text = ''
  for await (const part of fullStream) {
    if (part.type === 'error') throw part.error
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'finish' && part.finishReason !== 'stop') throw new Error(`it finished by ${part.finishReason}`)
  }
  return text
}

async function generateWithAiSdk(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  return (await generateText({ model: aiSdkModel(signalbox, asked), messages: asked.messages, maxRetries: 0 })).text
}

const langChain = ({ baseUrl, apiKey }: SignalboxProcess, { model, headers = {} }: Asked): ChatOpenAI =>
  new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL: baseUrl, defaultHeaders: headers } })

async function streamWithLangChain(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  let text = ''
  for await (const chunk of await langChain(signalbox, asked).stream(asked.messages)) text += chunk.text
  return text
}

async function invokeWithLangChain(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  return (await langChain(signalbox, asked).invoke(asked.messages)).text
}

async function readWithPython({ baseUrl, apiKey }: SignalboxProcess, { headers = {}, ...body }: Asked): Promise<string> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...body, stream: true }),
  })
  if (!response.ok || !response.body) throw new Error(await response.text())
  let text = ''
  for await (const chunk of readAsPython(response.body)) text += (chunk as unknown as Chunk).choices[0]?.delta.content ?? ''
  return text
}
