import type { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Where a command's words go. What is printed must be safe already: see `toSafeLine` and `toSafeText`. */
export interface Terminal {
  /** The result, to standard output, with a line's end. */
  print(text: string): void
  /** What a person should know beside it, to standard error. */
  note(text: string): void
  /** The text in a colour, where the output shows colours and nobody has asked for none (NO_COLOR). */
  paint(style: Style, text: string): string
  /** Columns that a line has; infinite where the output is no terminal. */
  readonly width: number
  /** The answer to a question, or undefined where nobody is there to ask. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>
}
