import { createCitationRewriter, createCitedSources, toSourceList, type Citation, type Conversation, type NodeInput, type Usage } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { gatherMaterial } from './gather-sources.ts'
import { toReasoningPrompt, type PromptMessage, type ReasoningSkill } from './reasoning-prompt.ts'

/** A model that speaks as it thinks. */
export interface StreamingModel {
  stream(messages: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<ModelEvent>
}
export type ModelEvent = { type: 'text'; text: string } | { type: 'reasoning'; text: string } | { type: 'end'; usage: Usage; finishReason: string }

export interface Assignment {
  skill: ReasoningSkill
  goal: string
  instruction: string
  conversation: Conversation
  inputs: readonly NodeInput[]
}

export interface WorkOptions {
  model: StreamingModel
  /** How large goal, results and passages may be together in a prompt, in characters. */
  maxPromptChars: number
  signal: AbortSignal
  onText: (delta: string) => void
  onReasoning: (delta: string) => void
  /** Told what the call cost, also when what it said cannot be used. */
  onUsage: (usage: Usage) => void
}

/**
 * Does one node's work: streams the model's text, its citations numbered in the order of their first
 * use, and for an answer adds the list of what was cited.
 *
 * @throws AppError where the model's text is not whole or there is none.
 */
export async function workOut(assignment: Assignment, options: WorkOptions): Promise<{ citations: Citation[] }> {
  const room = Math.max(0, options.maxPromptChars - assignment.instruction.length - Math.min(assignment.goal.length, 8_000))
  const material = gatherMaterial(assignment.inputs, room)
  const cited = createCitedSources(material.sources)
  const rewriter = createCitationRewriter(cited.resolve)
  let written = 0
  const write = (text: string): void => {
    if (text === '') return
    written += text.trim().length
    options.onText(text)
  }

  for await (const event of options.model.stream(toReasoningPrompt({ ...assignment, material }), options.signal)) {
    switch (event.type) {
      case 'reasoning':
        options.onReasoning(event.text)
        break
      case 'text':
        // Without sources there is nothing that a bracketed number could mislead about.
        write(material.sources.length === 0 ? event.text : rewriter.push(event.text))
        break
      case 'end':
        options.onUsage(event.usage)
        requireWhole(event.finishReason)
    }
  }
  write(rewriter.end())
  if (written === 0) throw new AppError('upstream_invalid', 'The model answered with nothing.', { retryable: true })

  const citations = cited.citations()
  if (assignment.skill === 'answer' && citations.length > 0) write(toSourceList(citations))
  return { citations }
}

/** Half an answer must not pass for a whole one. */
function requireWhole(finishReason: string): void {
  if (finishReason === 'length') throw new AppError('upstream_invalid', 'The model reached its token limit before its answer was complete.')
  if (finishReason === 'content_filter') throw new AppError('upstream_failed', 'The model endpoint withheld the answer (content filter).', { retryable: false })
}
