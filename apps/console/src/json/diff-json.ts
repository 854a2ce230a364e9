import { isRecord, keysOf, toCanonicalText } from './canonical.ts'

export type Path = readonly (string | number)[]

/** One place in which two values differ. */
export type Change =
  | { type: 'added'; path: Path; after: unknown }
  | { type: 'removed'; path: Path; before: unknown }
  | { type: 'changed'; path: Path; before: unknown; after: unknown }

/**
 * What makes `after` of `before`, place by place, in canonical order. Numbers in a path are places in the list
 * as it is afterwards; of what was removed, as it was before. Items that only moved down because others came
 * before them are no change.
 */
export function diffJson(before: unknown, after: unknown, path: Path = []): Change[] {
  if (isRecord(before) && isRecord(after)) return diffRecords(before, after, path)
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after, path)
  return isSame(before, after) ? [] : [{ type: 'changed', path, before, after }]
}

function diffRecords(before: Record<string, unknown>, after: Record<string, unknown>, path: Path): Change[] {
  const keys = keysOf(Object.fromEntries([...Object.keys(before), ...Object.keys(after)].map((key) => [key, true])))
  return keys.flatMap((key): Change[] => {
    const here = [...path, key]
    if (!Object.hasOwn(after, key)) return [{ type: 'removed', path: here, before: before[key] }]
    if (!Object.hasOwn(before, key)) return [{ type: 'added', path: here, after: after[key] }]
    return diffJson(before[key], after[key], here)
  })
}

function diffLists(before: readonly unknown[], after: readonly unknown[], path: Path): Change[] {
  let start = 0
  while (start < before.length && start < after.length && isSame(before[start], after[start])) start += 1
  let tail = 0
  while (tail < before.length - start && tail < after.length - start && isSame(before.at(-1 - tail), after.at(-1 - tail))) tail += 1
  const gone = before.slice(start, before.length - tail)
  const come = after.slice(start, after.length - tail)
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) => index).flatMap((index): Change[] => {
    const here = [...path, start + index]
    if (index >= come.length) return [{ type: 'removed', path: here, before: gone[index] }]
    if (index >= gone.length) return [{ type: 'added', path: here, after: come[index] }]
    return diffJson(gone[index], come[index], here)
  })
}

function isSame(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || toCanonicalText(one) === toCanonicalText(other)
}
