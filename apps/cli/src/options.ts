import type { Options } from './command.ts'
import { UsageFailure } from './failure.ts'

export function readText(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** @throws UsageFailure for what is not a whole number within the bounds. */
export function readNumber(options: Options, name: string, bounds: { min: number; max: number; fallback: number }): number {
  const text = readText(options, name)
  if (text === undefined) return bounds.fallback
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= bounds.min && number <= bounds.max) return number
  throw new UsageFailure(`--${name} must be a whole number from ${bounds.min} to ${bounds.max}.`)
}

/** @throws UsageFailure naming the choices. */
export function readChoice<Choice extends string>(options: Options, name: string, choices: readonly Choice[]): Choice | undefined {
  const text = readText(options, name)
  if (text === undefined) return undefined
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) throw new UsageFailure(`--${name} must be one of ${choices.join(', ')}.`)
  return choice
}
