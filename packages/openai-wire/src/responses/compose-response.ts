import type { NewResponseEvent, ResponseEvent } from './response-events.ts'
import type {
  Annotation,
  ApprovalRequestItem,
  CustomToolCallItem,
  FunctionCallItem,
  MessageItem,
  OutputItem,
  ReasoningItem,
  ResponseObject,
  ResponseUsage,
} from './response-object.ts'

/** What is said of a response when it ends. */
export interface ResponseEnd {
  /** Unix seconds. */
  at: number
  usage?: ResponseUsage | undefined
  metadata?: Record<string, string>
}

/**
 * Makes a response, piece by piece, and the events that tell it.
 *
 * 1. The same pieces in the same order make the same events with the same numbers and ids.
 * 2. Every item that was opened is closed before the response ends, and none is written after it was closed.
 * 3. Reasoning ends where an answer begins. Text goes on in the message that is open.
 * 4. After an ending nothing is told.
 */
export interface ResponseComposer {
  /** As it stands: what was told of it so far. */
  readonly response: ResponseObject
  readonly ended: boolean
  /** The first events of every stream. */
  open(): ResponseEvent[]
  reason(text: string): ResponseEvent[]
  write(text: string, logprobs?: unknown[]): ResponseEvent[]
  refuse(text: string): ResponseEvent[]
  /** Puts marks on the message that is open. */
  annotate(annotations: readonly Annotation[]): ResponseEvent[]
  /** A call of the caller's function, by its number among this response's calls; whoever begins one says its name. */
  call(index: number, piece: { callId?: string | undefined; name?: string | undefined; kind?: 'function' | 'custom'; text: string }): ResponseEvent[]
  ask(item: ApprovalRequestItem): ResponseEvent[]
  /** Says that it goes on, and what is known of it by now. */
  note(metadata: Record<string, string>): ResponseEvent[]
  /** What was written is not the answer: it is closed as unfinished and left out of the response. */
  discard(): ResponseEvent[]
  complete(end: ResponseEnd): ResponseEvent[]
  cut(reason: 'max_output_tokens' | 'content_filter', end: ResponseEnd): ResponseEvent[]
  fail(error: NonNullable<ResponseObject['error']>, end: ResponseEnd): ResponseEvent[]
  cancel(end: ResponseEnd): ResponseEvent[]
  /** Says how a response ended whose pieces are not known any more. */
  tellEnd(ended: ResponseObject): ResponseEvent[]
}

type CallItem = FunctionCallItem | CustomToolCallItem
interface Open<Item> {
  at: number
  item: Item
}

/** `initial` is the response as it is when it begins: `queued` or `in_progress`, with nothing in it. */
export function createResponseComposer(initial: ResponseObject): ResponseComposer {
  let response = initial
  let sequence = 0
  let ended = false
  let items = 0
  const output: (OutputItem | undefined)[] = []
  let reasoning: Open<ReasoningItem> | undefined
  let message: Open<MessageItem> | undefined
  const calls = new Map<number, Open<CallItem>>()
  const suffix = initial.id.slice(initial.id.indexOf('_') + 1)

  const number = (events: NewResponseEvent[]): ResponseEvent[] => events.map((event) => ({ ...event, sequence_number: sequence++ }))
  const nextId = (prefix: string): string => `${prefix}_${suffix}${String(items++).padStart(2, '0')}`
  const add = <Item extends OutputItem>(item: Item): { open: Open<Item>; event: NewResponseEvent } => {
    output.push(undefined)
    const at = output.length - 1
    return { open: { at, item }, event: { type: 'response.output_item.added', output_index: at, item: structuredClone(item) } }
  }
  const done = ({ at, item }: Open<OutputItem>): NewResponseEvent => {
    output[at] = item
    return { type: 'response.output_item.done', output_index: at, item }
  }

  const openReasoning = (): NewResponseEvent[] => {
    const { open, event } = add<ReasoningItem>({ type: 'reasoning', id: nextId('rs'), summary: [] })
    reasoning = open
    open.item.summary.push({ type: 'summary_text', text: '' })
    return [event, { type: 'response.reasoning_summary_part.added', ...atSummary(open), part: { type: 'summary_text', text: '' } }]
  }
  const closeReasoning = (): NewResponseEvent[] => {
    if (!reasoning) return []
    const open = reasoning
    const text = open.item.summary[0]?.text ?? ''
    reasoning = undefined
    return [
      { type: 'response.reasoning_summary_text.done', ...atSummary(open), text },
      { type: 'response.reasoning_summary_part.done', ...atSummary(open), part: { type: 'summary_text', text } },
      done(open),
    ]
  }

  const openMessage = (): { open: Open<MessageItem>; events: NewResponseEvent[] } => {
    if (message) return { open: message, events: [] }
    const closing = closeReasoning()
    const { open, event } = add<MessageItem>({ type: 'message', id: nextId('msg'), role: 'assistant', status: 'in_progress', content: [] })
    message = open
    return { open, events: [...closing, event] }
  }
  /** The part of the kind at the message's end; one of the other kind before it is closed. */
  const openPart = (kind: 'output_text' | 'refusal'): { open: Open<MessageItem>; events: NewResponseEvent[] } => {
    const { open, events } = openMessage()
    const last = open.item.content.at(-1)
    if (last?.type === kind) return { open, events }
    const closing = last ? closePart(open) : []
    const part = kind === 'refusal' ? ({ type: 'refusal', refusal: '' } as const) : ({ type: 'output_text', text: '', annotations: [], logprobs: [] } as const)
    open.item.content.push(structuredClone(part) as MessageItem['content'][number])
    return {
      open,
      events: [...events, ...closing, { type: 'response.content_part.added', ...atPart(open), part: structuredClone(part) as MessageItem['content'][number] }],
    }
  }
  const closePart = (open: Open<MessageItem>): NewResponseEvent[] => {
    const part = open.item.content.at(-1)
    if (!part) return []
    const end: NewResponseEvent =
      part.type === 'refusal'
        ? { type: 'response.refusal.done', ...atPart(open), refusal: part.refusal }
        : { type: 'response.output_text.done', ...atPart(open), text: part.text, logprobs: part.logprobs }
    return [end, { type: 'response.content_part.done', ...atPart(open), part }]
  }
  const closeMessage = (status: 'completed' | 'incomplete'): NewResponseEvent[] => {
    if (!message) return []
    const open = message
    message = undefined
    open.item.status = status
    return [...closePart(open), done(open)]
  }

  const closeCall = (open: Open<CallItem>, status: 'completed' | 'incomplete'): NewResponseEvent[] => {
    const { at, item } = open
    if (item.type === 'custom_tool_call')
      return [{ type: 'response.custom_tool_call_input.done', item_id: item.id, output_index: at, input: item.input }, done(open)]
    item.status = status
    return [{ type: 'response.function_call_arguments.done', item_id: item.id, output_index: at, name: item.name, arguments: item.arguments }, done(open)]
  }
  const closeAll = (status: 'completed' | 'incomplete'): NewResponseEvent[] => {
    const events = [...closeReasoning(), ...closeMessage(status), ...[...calls.values()].flatMap((call) => closeCall(call, status))]
    calls.clear()
    return events
  }

  const end = (
    type: 'response.completed' | 'response.incomplete' | 'response.failed',
    { at, usage, metadata }: ResponseEnd,
    how: Partial<ResponseObject> & Pick<ResponseObject, 'status'>,
  ): ResponseEvent[] => {
    if (ended) return []
    const closing = closeAll(type === 'response.completed' ? 'completed' : 'incomplete')
    ended = true
    response = {
      ...response,
      output: output.filter((item) => item !== undefined),
      completed_at: type === 'response.completed' ? at : null,
      ...(usage && { usage }),
      // What was noted on the way is over.
      metadata: addMetadata(initial.metadata, metadata),
      ...how,
    }
    return number([...closing, { type, response }])
  }

  return {
    get response() {
      return response
    },
    get ended() {
      return ended
    },
    open() {
      const created = response
      response = { ...response, status: 'in_progress' }
      const queued: NewResponseEvent[] = created.status === 'queued' ? [{ type: 'response.queued', response: created }] : []
      return number([{ type: 'response.created', response: created }, ...queued, { type: 'response.in_progress', response }])
    },
    reason(text) {
      if (ended || text === '') return []
      const events = reasoning ? [] : openReasoning()
      const open = reasoning as Open<ReasoningItem>
      const [part] = open.item.summary
      if (part) part.text += text
      return number([...events, { type: 'response.reasoning_summary_text.delta', ...atSummary(open), delta: text }])
    },
    write(text, logprobs = []) {
      if (ended || text === '') return []
      const { open, events } = openPart('output_text')
      const part = open.item.content.at(-1)
      if (part?.type === 'output_text') {
        part.text += text
        part.logprobs.push(...logprobs)
      }
      return number([...events, { type: 'response.output_text.delta', ...atPart(open), delta: text, logprobs }])
    },
    refuse(text) {
      if (ended || text === '') return []
      const { open, events } = openPart('refusal')
      const part = open.item.content.at(-1)
      if (part?.type === 'refusal') part.refusal += text
      return number([...events, { type: 'response.refusal.delta', ...atPart(open), delta: text }])
    },
    annotate(annotations) {
      const part = message?.item.content.at(-1)
      if (ended || !message || part?.type !== 'output_text') return []
      const open = message
      return number(
        annotations.map((annotation) => {
          part.annotations.push(annotation)
          return { type: 'response.output_text.annotation.added', ...atPart(open), annotation_index: part.annotations.length - 1, annotation }
        }),
      )
    },
    call(index, { callId, name, kind = 'function', text }) {
      if (ended) return []
      const events: NewResponseEvent[] = []
      let open = calls.get(index)
      if (!open) {
        events.push(...closeReasoning(), ...closeMessage('completed'))
        const called = { call_id: callId ?? `call_${suffix}${index}`, name: name ?? '' }
        const added = add<CallItem>(
          kind === 'custom'
            ? { type: 'custom_tool_call', id: nextId('ctc'), ...called, input: '' }
            : { type: 'function_call', id: nextId('fc'), ...called, arguments: '', status: 'in_progress' },
        )
        open = added.open
        calls.set(index, open)
        events.push(added.event)
      }
      if (text === '') return number(events)
      const { at, item } = open
      const delta = { item_id: item.id, output_index: at, delta: text }
      if (item.type === 'custom_tool_call') {
        item.input += text
        return number([...events, { type: 'response.custom_tool_call_input.delta', ...delta }])
      }
      item.arguments += text
      return number([...events, { type: 'response.function_call_arguments.delta', ...delta }])
    },
    ask(item) {
      if (ended) return []
      const closing = [...closeReasoning(), ...closeMessage('completed')]
      const { open, event } = add(item)
      return number([...closing, event, done(open)])
    },
    note(metadata) {
      if (ended) return []
      response = { ...response, metadata: addMetadata(response.metadata, metadata) }
      return number([{ type: 'response.in_progress', response }])
    },
    discard() {
      if (ended || !message) return []
      const { at } = message
      const events = closeMessage('incomplete')
      output[at] = undefined
      return number(events)
    },
    complete: (how) => end('response.completed', how, { status: 'completed' }),
    cut: (reason, how) => end('response.incomplete', how, { status: 'incomplete', incomplete_details: { reason } }),
    fail: (error, how) => end('response.failed', how, { status: 'failed', error }),
    tellEnd(told) {
      ended = true
      response = told
      const type = told.status === 'completed' || told.status === 'incomplete' ? (`response.${told.status}` as const) : 'response.failed'
      return number([{ type, response: told }])
    },
    // A stream has no word of its own for it.
    cancel: (how) => end('response.failed', how, { status: 'cancelled', error: { code: 'server_error', message: 'The response was cancelled.' } }),
  }
}

const MOST_METADATA = 16

/** Ours beside the caller's own, as far as there is room: its pairs are its own. */
export function addMetadata(given: Record<string, string>, ours: Record<string, string> = {}): Record<string, string> {
  const metadata = { ...given }
  for (const [key, value] of Object.entries(ours)) {
    if (key in metadata || Object.keys(metadata).length < MOST_METADATA) metadata[key] = value.slice(0, 512)
  }
  return metadata
}

function atPart({ at, item }: Open<MessageItem>): { item_id: string; output_index: number; content_index: number } {
  return { item_id: item.id, output_index: at, content_index: item.content.length - 1 }
}

function atSummary({ at, item }: Open<ReasoningItem>): { item_id: string; output_index: number; summary_index: number } {
  return { item_id: item.id, output_index: at, summary_index: 0 }
}
