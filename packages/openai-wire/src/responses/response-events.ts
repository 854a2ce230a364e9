import type { Annotation, OutputItem, OutputPart, ResponseObject } from './response-object.ts'

interface AtItem {
  item_id: string
  output_index: number
}
interface AtPart extends AtItem {
  content_index: number
}
interface AtSummary extends AtItem {
  summary_index: number
}
type SummaryText = { type: 'summary_text'; text: string }

/** What a stream of a response says, before it is numbered. All of it is OpenAI's: its clients throw at a kind that they do not know. */
export type NewResponseEvent =
  | {
      type: 'response.created' | 'response.queued' | 'response.in_progress' | 'response.completed' | 'response.incomplete' | 'response.failed'
      response: ResponseObject
    }
  | { type: 'response.output_item.added' | 'response.output_item.done'; output_index: number; item: OutputItem }
  | ({ type: 'response.content_part.added' | 'response.content_part.done'; part: OutputPart } & AtPart)
  | ({ type: 'response.output_text.delta'; delta: string; logprobs: unknown[] } & AtPart)
  | ({ type: 'response.output_text.done'; text: string; logprobs: unknown[] } & AtPart)
  | ({ type: 'response.output_text.annotation.added'; annotation_index: number; annotation: Annotation } & AtPart)
  | ({ type: 'response.refusal.delta'; delta: string } & AtPart)
  | ({ type: 'response.refusal.done'; refusal: string } & AtPart)
  | ({ type: 'response.function_call_arguments.delta'; delta: string } & AtItem)
  | ({ type: 'response.function_call_arguments.done'; name: string; arguments: string } & AtItem)
  | ({ type: 'response.custom_tool_call_input.delta'; delta: string } & AtItem)
  | ({ type: 'response.custom_tool_call_input.done'; input: string } & AtItem)
  | ({ type: 'response.reasoning_summary_part.added' | 'response.reasoning_summary_part.done'; part: SummaryText } & AtSummary)
  | ({ type: 'response.reasoning_summary_text.delta'; delta: string } & AtSummary)
  | ({ type: 'response.reasoning_summary_text.done'; text: string } & AtSummary)
  | { type: 'error'; code: string | null; message: string; param: string | null }

/** `sequence_number` goes up by one, from 0. */
export type ResponseEvent = NewResponseEvent & { sequence_number: number }

export const ENDING_EVENTS: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** Framed as OpenAI frames it: named, without an id, and no `[DONE]` at the end. */
export function formatResponseEvent(event: ResponseEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}
