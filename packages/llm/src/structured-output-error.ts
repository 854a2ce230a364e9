import type { Usage } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

/**
 * The model answered, but not with what the schema asks for. `faults` are words that can go back to
 * the model; `text` is what it said, for a repair. The tokens were spent all the same.
 */
export class StructuredOutputError extends AppError {
  readonly faults: readonly string[]
  readonly usage: Usage
  /** Private, so that a logger that writes an error's fields down does not write the answer down. */
  readonly #text: string

  constructor(options: { name: string; faults: readonly string[]; text: string; usage: Usage }) {
    super('upstream_invalid', `The model's ${options.name} is not what was asked for: ${options.faults[0] ?? 'no reason given'}.`, {
      details: { faults: options.faults },
    })
    this.faults = options.faults
    this.#text = options.text
    this.usage = options.usage
  }

  get text(): string {
    return this.#text
  }
}
