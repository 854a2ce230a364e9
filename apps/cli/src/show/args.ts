import { toCanonicalJson } from '@signalbox/contracts'

import type { Terminal } from '../terminal.ts'
import { diffJson } from './diff-json.ts'
import { toSafeJson } from './safe-json.ts'
import { describeHostile, toVisible } from './visible.ts'

const LONGEST_STRING = 1_000

export interface ArgsOptions {
  /** Strings of any length are shown whole. */
  full: boolean
}

/**
 * Arguments as lines of JSON in canonical order, in which every character is to be seen. Long strings are
 * shortened, and say by how much.
 */
export function renderArgs(args: unknown, { full }: ArgsOptions, terminal: Pick<Terminal, 'paint'>): string[] {
  const canonical = toCanonicalJson(args)
  const shown = full ? (JSON.parse(canonical) as unknown) : withShortStrings(JSON.parse(canonical) as unknown)
  // Within JSON text a hidden character is an escape; in the raw value it is counted.
  const hidden = describeHostile(
    stringsOf(args)
      .join('')
      .replaceAll(/[\n\t]/g, ''),
  )
  return [...toSafeJson(shown, 2).split('\n'), ...(hidden === '' ? [] : [terminal.paint('red', `Characters that do not show by themselves: ${hidden}`)])]
}

/** What an edit changes, a line each: `/env: "prod" → "staging"`. */
export function renderChanges(before: unknown, after: unknown, { full }: ArgsOptions, terminal: Pick<Terminal, 'paint'>): string[] {
  const write = (value: unknown): string => (value === undefined ? 'nothing' : toSafeJson(full ? value : withShortStrings(value)))
  return diffJson(before, after).map(
    (change) =>
      `${toVisible(change.pointer === '' ? '(all)' : change.pointer)}: ${terminal.paint('red', write(change.before))} → ${terminal.paint('green', write(change.after))}`,
  )
}

function withShortStrings(value: unknown): unknown {
  if (typeof value === 'string') {
    const more = value.length - LONGEST_STRING
    return more > 0 ? `${value.slice(0, LONGEST_STRING).toWellFormed()}… (${more.toLocaleString('en')} more characters: --full)` : value
  }
  if (Array.isArray(value)) return value.map(withShortStrings)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withShortStrings(item)]))
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [...(Array.isArray(value) ? [] : [key]), ...stringsOf(item)])
}
