import { createOpenAI } from '@ai-sdk/openai'
import { Agent, OpenAIResponsesModel, Runner, type AgentInputItem } from '@openai/agents'
import { generateText, streamText, type ModelMessage } from 'ai'
import OpenAI from 'openai'

import type { Asked, Client } from './openai-clients.ts'
import type { SignalboxProcess } from './signalbox-process.ts'

const echo = (question: string): string => `You said: ${question} – naïve ☂ 🜚`

/** Clients of `/v1/responses`, each in the ways in which it is used. */
export function openResponsesClients(): Client[] {
  return [
    { name: 'openai 7, responses.stream()', ask: streamWithOpenAI, expected: echo },
    { name: 'openai 7, responses.create()', ask: createWithOpenAI, expected: echo },
    { name: '@ai-sdk/openai responses, streamText', ask: streamWithAiSdk, expected: echo },
    { name: '@ai-sdk/openai responses, generateText', ask: generateWithAiSdk, expected: echo },
    { name: '@openai/agents, run', ask: runAgent, expected: echo },
    { name: '@openai/agents, run with stream', ask: streamAgent, expected: echo },
  ]
}

const openai = ({ baseUrl, apiKey }: SignalboxProcess, { headers = {} }: Asked): OpenAI =>
  new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0, defaultHeaders: headers })

async function streamWithOpenAI(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  const { model, messages: input } = asked
  return requireDone(await openai(signalbox, asked).responses.stream({ model, input }).finalResponse())
}

async function createWithOpenAI(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  const { model, messages: input } = asked
  return requireDone(await openai(signalbox, asked).responses.create({ model, input }))
}

function requireDone({ status, error, output_text: text }: OpenAI.Responses.Response): string {
  if (status !== 'completed') throw new Error(error?.message ?? `it is ${status}`)
  return text
}

const aiSdk = ({ baseUrl, apiKey }: SignalboxProcess, { model, headers = {} }: Asked) => createOpenAI({ baseURL: baseUrl, apiKey, headers }).responses(model)

async function streamWithAiSdk(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  // The error is told twice: to this callback, which prints it by default, and in the stream.
  const { fullStream } = streamText({ model: aiSdk(signalbox, asked), messages: asked.messages, maxRetries: 0, onError: () => undefined })
  let text = ''
  for await (const part of fullStream) {
    if (part.type === 'error') throw part.error
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'finish' && !['stop', 'tool-calls'].includes(part.finishReason)) throw new Error(`it finished by ${part.finishReason}`)
  }
  return text
}

async function generateWithAiSdk(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  return (await generateText({ model: aiSdk(signalbox, asked), messages: asked.messages, maxRetries: 0 })).text
}

function toAgent(signalbox: SignalboxProcess, asked: Asked): { agent: Agent; runner: Runner; input: AgentInputItem[] } {
  const input = asked.messages.map(({ role, content }): AgentInputItem =>
    role === 'user' ? { role, content } : { role, status: 'completed', content: [{ type: 'output_text', text: content }] },
  )
  const agent = new Agent({ name: 'asker', model: new OpenAIResponsesModel(openai(signalbox, asked), asked.model) })
  return { agent, runner: new Runner({ tracingDisabled: true }), input }
}

async function runAgent(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  const { agent, runner, input } = toAgent(signalbox, asked)
  return (await runner.run(agent, input)).finalOutput ?? ''
}

async function streamAgent(signalbox: SignalboxProcess, asked: Asked): Promise<string> {
  const { agent, runner, input } = toAgent(signalbox, asked)
  const result = await runner.run(agent, input, { stream: true })
  let text = ''
  for await (const piece of result.toTextStream()) text += piece
  await result.completed
  return text
}

/** A client that remembers a conversation itself, and goes on from what it was given. */
export interface RememberingClient {
  name: string
  /** Answers of one question after the other. */
  converse(signalbox: SignalboxProcess, model: string, questions: readonly string[]): Promise<string[]>
}

export function openRememberingClients(): RememberingClient[] {
  return [
    { name: '@ai-sdk/openai responses', converse: converseWithAiSdk },
    { name: '@openai/agents', converse: converseWithAgent },
  ]
}

async function converseWithAiSdk(signalbox: SignalboxProcess, model: string, questions: readonly string[]): Promise<string[]> {
  const messages: ModelMessage[] = []
  const answers: string[] = []
  for (const content of questions) {
    messages.push({ role: 'user', content })
    const { text, response } = await generateText({ model: aiSdk(signalbox, { model, messages: [] }), messages, maxRetries: 0 })
    // What was answered is not said again, but named by its id.
    messages.push(...response.messages)
    answers.push(text)
  }
  return answers
}

async function converseWithAgent(signalbox: SignalboxProcess, model: string, questions: readonly string[]): Promise<string[]> {
  const { agent, runner } = toAgent(signalbox, { model, messages: [] })
  let history: AgentInputItem[] = []
  const answers: string[] = []
  for (const content of questions) {
    const result = await runner.run(agent, [...history, { role: 'user', content }])
    history = result.history
    answers.push(result.finalOutput ?? '')
  }
  return answers
}
