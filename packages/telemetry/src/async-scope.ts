import { AsyncLocalStorage } from 'node:async_hooks'

import { context, ROOT_CONTEXT, trace, type Context, type ContextManager, type Span } from '@opentelemetry/api'

/** The ids that every log line of a piece of work carries, so that nobody passes them by hand. */
export interface LogFields {
  request_id?: string
  session_id?: string
  task_id?: string
  node_id?: string
}

/** What work under way carries with it: OpenTelemetry's context, and what its log lines say. */
export interface AsyncScope {
  readonly context: Context
  readonly fields: LogFields
  /** The span that its context has, where that is known without looking. */
  readonly span?: Span
}

/** The scope of a span. Its context is made when somebody asks for it: log lines only want the span. */
export class SpanScope implements AsyncScope {
  readonly span: Span
  readonly fields: LogFields
  readonly #parent: Context
  #context: Context | undefined

  constructor(span: Span, parent: Context, fields: LogFields) {
    this.span = span
    this.fields = fields
    this.#parent = parent
  }

  get context(): Context {
    this.#context ??= trace.setSpan(this.#parent, this.span)
    return this.#context
  }
}

const storage = new AsyncLocalStorage<AsyncScope>()

export function activeScope(): AsyncScope | undefined {
  return storage.getStore()
}

export function runInScope<Result>(scope: AsyncScope, work: () => Result): Result {
  return storage.run(scope, work)
}

/**
 * OpenTelemetry's context and our log fields in one storage: to enter one costs a request as much as all its lines'
 * fields do, so it enters both at once.
 */
class ScopeContextManager implements ContextManager {
  active(): Context {
    return storage.getStore()?.context ?? ROOT_CONTEXT
  }

  with<Args extends unknown[], Work extends (...args: Args) => ReturnType<Work>>(
    inside: Context,
    work: Work,
    self?: ThisParameterType<Work>,
    ...args: Args
  ): ReturnType<Work> {
    const scope = { context: inside, fields: storage.getStore()?.fields ?? {} }
    return storage.run(scope, () => work.apply(self, args))
  }

  /** Functions alone: nothing of ours hands an emitter over. */
  bind<Target>(inside: Context, target: Target): Target {
    if (typeof target !== 'function') return target
    const bound = (...args: unknown[]): unknown => this.with(inside, () => (target as (...given: unknown[]) => unknown)(...args))
    return bound as Target
  }

  enable(): this {
    return this
  }

  disable(): this {
    return this
  }
}

const manager = new ScopeContextManager()

/** Async context is the process's own; whoever comes first turns it on, and nobody turns it off. */
export function shareContext(): void {
  context.setGlobalContextManager(manager)
}
