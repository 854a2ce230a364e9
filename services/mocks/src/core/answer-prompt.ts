import { CLASSIFIER_SCHEMA_NAME, PLAN_SCHEMA_NAME, readSection } from '@signalbox/contracts'

import { answerChat } from './chat/answer-chat.ts'
import { answerBackgroundCall } from './chat/background-calls.ts'
import { classifyQuestion } from './classify-question.ts'
import { answerFromSections } from './extract/answer-from-sections.ts'
import { answerPlanning } from './plan/answer-planning.ts'
import { kindsIn } from './plan/kinds-in.ts'
import { toPlanDraft } from './plan/to-plan-draft.ts'
import type { Prompt, PromptKind, Reply } from './prompt.ts'
import { fitToSchema, type JsonSchema } from './schema/fit-to-schema.ts'

/**
 * The whole scripted model: a pure function of its prompt. It knows nothing that the prompt does not
 * say, and the same prompt has the same reply, always.
 */
export function answerPrompt(prompt: Prompt): Reply {
  const kind = toPromptKind(prompt)
  const last = lastUserText(prompt)
  if (kind === 'call' && prompt.call)
    return {
      type: 'call',
      name: prompt.call.name,
      arguments: JSON.stringify(fitToSchema({}, prompt.call.parameters)),
    }
  if (kind === 'answer') return toText(answerFromSections(last) ?? answerChat(last))
  if (prompt.form.type === 'text') return toText(answerBackgroundCall(last) ?? answerChat(last))
  if (prompt.form.type === 'json_object') return toText(answerBackgroundCall(last) ?? JSON.stringify({ answer: answerChat(last) }))
  return toText(JSON.stringify(fitToSchema(answerStructured(kind, last, prompt.form.schema), prompt.form.schema)))
}

export function toPromptKind(prompt: Prompt): PromptKind {
  if (prompt.call) return 'call'
  if (prompt.form.type === 'json_schema') {
    if (prompt.form.name === CLASSIFIER_SCHEMA_NAME) return 'routing'
    return prompt.form.name === PLAN_SCHEMA_NAME ? 'plan' : 'structured'
  }
  const last = lastUserText(prompt)
  return prompt.form.type === 'text' && ['passages', 'results', 'instruction'].some((name) => readSection(last, name as 'passages') !== undefined)
    ? 'answer'
    : 'chat'
}

/** For a schema that is not ours there is nothing to say: the emptiest value it allows. */
function answerStructured(kind: PromptKind, prompt: string, schema: JsonSchema): unknown {
  if (kind === 'routing') return classifyQuestion(readSection(prompt, 'question') ?? prompt)
  if (kind !== 'plan') return undefined
  const plan = answerPlanning(prompt, kindsIn(schema))
  return plan && toPlanDraft(plan)
}

function lastUserText(prompt: Prompt): string {
  return prompt.messages.findLast(({ role }) => role === 'user')?.text ?? ''
}

function toText(text: string): Reply {
  return { type: 'text', text }
}
