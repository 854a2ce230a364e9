import type { ParseArgsConfig } from 'node:util'

import type { Gateway } from './api/gateway.ts'
import type { KeyWish } from './connection.ts'
import type { Terminal } from './terminal.ts'

/** One thing that can be asked for. */
export interface Command {
  /** As it is typed: `sessions list`. */
  name: string
  summary: string
  /** What must follow it: `SESSION`. */
  words: readonly string[]
  options: Record<string, CommandOption>
  /** Whose key it is done with where `--operator` does not say; `own` where nothing is said. */
  key?: KeyWish
  /** More for its `--help`, whole lines. */
  more?: string
  /** Answers the exit code. @throws Failure */
  run(call: Invocation): Promise<number>
}

export interface CommandOption {
  type: NonNullable<ParseArgsConfig['options']>[string]['type']
  /** What stands for its value in `--help`. */
  value?: string
  help: string
}

export interface Invocation {
  words: readonly string[]
  options: Options
  gateway: Gateway
  /** Done with an operator's key. */
  isOperator: boolean
  terminal: Terminal
  /** Print the API's JSON and nothing else. */
  json: boolean
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  now: () => number
  /** All of standard input, as far as so many bytes; undefined where there is more. */
  readInput: (mostBytes: number) => Promise<Buffer | undefined>
}

export type Options = Readonly<Record<string, string | boolean | undefined>>
