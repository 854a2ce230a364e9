import type { Citation } from '@signalbox/contracts'

/**
 * An answer without the list of its sources at its end, as our own agents write it for clients that show
 * nothing else: the same list stands below it, with links. Anything that is not that very list stays.
 */
export function withoutSourceList(text: string, citations: readonly Citation[]): string {
  const [whole, list] = /\n\s*\**Sources:?\**:?[ \t]*\n+((?:[ \t]*\[\d{1,3}\][^\n]*(?:\n+|$))+)\s*$/.exec(text) ?? []
  if (whole === undefined || list === undefined) return text
  const lines = list.split('\n').filter((line) => line.trim() !== '')
  const isOurs = lines.every((line) => citations.some(({ n, source }) => line.trim().startsWith(`[${n}]`) && line.includes(source)))
  return isOurs ? text.slice(0, -whole.length).trimEnd() : text
}
