import { context, trace, SpanStatusCode, type Attributes, type Context, type Link, type Span, type SpanKind, type Tracer } from '@opentelemetry/api'
import { toAppError } from '@signalbox/errors'

import { ATTRIBUTES } from './names.ts'

export interface SpanOptions {
  kind?: SpanKind
  attributes?: Attributes
  links?: Link[]
  /** The span's parent; whatever is active when absent. */
  parent?: Context
}

/** Runs `work` inside a span, which ends when the work does and carries the code of the error that ended it. */
export async function withSpan<Result>(tracer: Tracer, name: string, options: SpanOptions, work: (span: Span) => Promise<Result>): Promise<Result> {
  const { parent = context.active(), ...rest } = options
  const span = tracer.startSpan(name, rest, parent)
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span))
  } catch (error) {
    failSpan(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** The same for a stream: the span lasts until the consumer has read it to its end, or has left. */
export async function* withStreamSpan<Item>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  work: (span: Span) => AsyncIterable<Item>,
): AsyncGenerator<Item> {
  const { parent = context.active(), ...rest } = options
  const span = tracer.startSpan(name, rest, parent)
  const inside = trace.setSpan(parent, span)
  const iterator = context.with(inside, () => work(span)[Symbol.asyncIterator]())
  try {
    for (;;) {
      const next = await context.with(inside, () => iterator.next())
      if (next.done) return
      yield next.value
    }
  } catch (error) {
    failSpan(span, error)
    throw error
  } finally {
    await context.with(inside, () => iterator.return?.())
    span.end()
  }
}

/** Marks a span as failed by our code for the error; a message could carry what a trace must not hold. */
export function failSpan(span: Span, error: unknown): void {
  const { code } = toAppError(error)
  span.setAttribute(ATTRIBUTES.errorType, code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}
