import { dataOf, textOf, type AgentExecutor, type Json, type Message } from '@signalbox/a2a'
import { EXTENSIONS, nodeContextSchema, nodeInputSchema, NO_USAGE, SKILLS, type CitationsPart } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'
import type { z } from 'zod'

import { createProgressLine } from '../core/progress-line.ts'
import type { ReasoningSkill } from '../core/reasoning-prompt.ts'
import { workOut, type Assignment, type StreamingModel } from '../core/work-out.ts'

export interface ReasoningExecutorOptions {
  model: StreamingModel
  telemetry: Telemetry
  maxPromptChars: number
}

/** A person follows one line in a second; more would be noise. */
const PROGRESS_EVERY_MS = 1_000

/** Streams a node's text into artifact `answer`; what it cites is artifact `citations`, what it cost is on the last status. */
export function createReasoningExecutor({ model, telemetry, maxPromptChars }: ReasoningExecutorOptions): AgentExecutor {
  return {
    async execute({ message, signal }, writer) {
      const assignment = readAssignment(message)
      const progress = createProgressLine({ everyMs: PROGRESS_EVERY_MS })
      let usage = NO_USAGE
      writer.working()
      try {
        const { citations } = await workOut(assignment, {
          model,
          maxPromptChars,
          signal,
          onText: (delta) => writer.text(delta),
          onReasoning: (delta) => {
            const line = progress.push(delta)
            if (line !== undefined) writer.working(line)
          },
          onUsage: (spent) => (usage = spent),
        })
        const part: CitationsPart = { kind: 'citations', citations }
        if (assignment.skill === 'answer' || citations.length > 0)
          writer.artifact({ artifactId: 'citations', name: 'citations', parts: [{ kind: 'data', data: part }] }, { lastChunk: true })
        writer.complete({ metadata: { [EXTENSIONS.usage]: usage } })
      } catch (error) {
        // Whoever aborted the turn says how the task ends.
        if (signal.aborted) throw error
        const { code, message: words, retryable } = toAppError(error)
        telemetry.log.warn({ err: error, code }, 'no answer')
        writer.fail({ code, message: words, retryable, metadata: { [EXTENSIONS.usage]: usage } })
      }
    },
  }
}

/** A message as work to do. A plain question from any A2A client is an assignment too: answer it. */
export function readAssignment(message: Message): Assignment {
  const instruction = textOf(message.parts).trim()
  if (instruction === '') throw new AppError('invalid_request', 'There is no text part that says what to do.', { param: 'message.parts' })
  const context = readOurs(message, 'node-context', nodeContextSchema)[0]
  return {
    skill: requireSkill(context?.skill ?? message.metadata?.['skill']),
    goal: context?.goal.trim() || instruction,
    instruction,
    conversation: context?.conversation ?? [],
    inputs: readOurs(message, 'node-input', nodeInputSchema),
  }
}

/** The data parts that say they are of our kind; one that says so and is not is the sender's fault. */
function readOurs<Schema extends z.ZodType>(message: Message, kind: string, schema: Schema): z.infer<Schema>[] {
  return dataOf(message.parts)
    .filter((data) => isOfKind(data, kind))
    .map((data) => {
      const parsed = schema.safeParse(data)
      if (parsed.success) return parsed.data
      const [issue] = parsed.error.issues
      throw new AppError('invalid_request', `A ${kind} part is not one: ${issue?.path.join('.')}: ${issue?.message}`, { param: 'message.parts' })
    })
}

function isOfKind(data: Json, kind: string): boolean {
  return typeof data === 'object' && data !== null && !Array.isArray(data) && data['kind'] === kind
}

function requireSkill(skill: unknown): ReasoningSkill {
  if (skill === undefined || skill === SKILLS.answer) return 'answer'
  if (skill === SKILLS.reason) return 'reason'
  throw new AppError('invalid_request', `There is no skill '${String(skill)}' here; the skills are: ${SKILLS.reason}, ${SKILLS.answer}.`, { param: 'skill' })
}
