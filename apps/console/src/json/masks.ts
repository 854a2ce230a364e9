import { isRecord } from './canonical.ts'
import { toPointer } from './pointer.ts'

/** What stands where a secret was: `•••• (keyed 1a2b3c4d)`; `sha256` in what was asked of earlier versions. */
const MASK = /^•••• \((?:keyed|sha256) [0-9a-f]{8}\)$/

export function isMask(value: unknown): value is string {
  return typeof value === 'string' && MASK.test(value)
}

/** Where secrets stand, by pointer, with their masks. */
export function masksIn(value: unknown, path: readonly (string | number)[] = []): Map<string, string> {
  if (isMask(value)) return new Map([[toPointer(path), value]])
  const children: [string | number, unknown][] = Array.isArray(value) ? value.map((item, index) => [index, item]) : isRecord(value) ? Object.entries(value) : []
  return new Map(children.flatMap(([key, child]) => [...masksIn(child, [...path, key])]))
}
