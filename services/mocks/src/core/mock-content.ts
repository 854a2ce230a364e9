import type { CitationsPart, PassagesPart } from '@signalbox/contracts'

import { readOptions } from './read-options.ts'

/** The agents that there are mocks of. */
export const MOCK_AGENTS = ['reasoning', 'rag', 'search', 'analysis'] as const
export type MockAgent = (typeof MOCK_AGENTS)[number]

/** What a mock agent is asked, reduced to what its content depends on. */
export interface MockRequest {
  /** Who is asked: two mocks of one kind that are asked to vote need not agree. */
  name: string
  instruction: string
  skill: string
  /** How many earlier results came with it. */
  inputs: number
}

export interface MockContent {
  text: string
  passages?: PassagesPart
  citations?: CitationsPart
}

/**
 * Content that is the same for the same request, and says in every sentence-worth of it that it was
 * made up. A vote is one of its options and nothing else.
 */
export function makeMockContent(agent: MockAgent, request: MockRequest): MockContent {
  const options = readOptions(request.instruction)
  if (options) return { text: options[scoreOf(`${request.name} ${request.instruction}`) % options.length] as string }
  const asked = `“${request.instruction.trim().slice(0, 200)}”`
  switch (agent) {
    case 'reasoning':
      return {
        text: `Mock reasoning: this is made-up text for ${asked}. It had ${countInputs(request.inputs)} to work with and thought about none of them.`,
      }
    case 'analysis':
      return {
        text: `Mock analysis: this is made-up text for ${asked}. It had ${countInputs(request.inputs)} to work with. The made-up score is ${scoreOf(request.instruction)} of 100.`,
      }
    case 'search':
      return {
        text: `Mock search: these are made-up results for ${asked}. First made-up result: https://example.com/mock/1. Second made-up result: https://example.com/mock/2.`,
      }
    case 'rag':
      return request.skill === 'retrieve'
        ? {
            text: `Mock retrieval: two made-up passages for ${asked}.`,
            passages: makePassages(request.instruction),
          }
        : {
            text: `Mock knowledge: this is a made-up answer to ${asked}. [1]`,
            citations: {
              kind: 'citations',
              citations: [{ n: 1, source: 'mock/first.md', title: 'Mock document', start: 0, end: 40 }],
            },
          }
  }
}

function makePassages(instruction: string): PassagesPart {
  const passages = ['first', 'second'].map((name, index) => {
    const text = `This is the ${name} made-up passage of a mock agent about ${instruction.trim().slice(0, 200)}.`
    return {
      id: `mock-${name}`,
      document_id: `mock-${name}`,
      source: `mock/${name}.md`,
      title: 'Mock document',
      start: 0,
      end: text.length,
      text,
      score: 1 - index / 2,
    }
  })
  return { kind: 'passages', query: instruction, passages }
}

/** Splits a text into so many pieces of about the same length; fewer where it has fewer characters. */
export function splitText(text: string, pieces: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / pieces))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size))
}

function countInputs(inputs: number): string {
  return inputs === 1 ? '1 earlier result' : `${inputs} earlier results`
}

function scoreOf(text: string): number {
  let sum = 0
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) as number)) % 101
  return sum
}
