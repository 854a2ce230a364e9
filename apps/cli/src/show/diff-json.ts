type Json = unknown

/** One place in which two values differ: a JSON pointer, and what stands there before and after; undefined where nothing does. */
export interface JsonChange {
  pointer: string
  before: Json
  after: Json
}

/** Where two JSON values differ, as deep down as can be said. */
export function diffJson(before: Json, after: Json, pointer = ''): JsonChange[] {
  if (isHolder(before) && isHolder(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => diffJson(valueOf(before, key), valueOf(after, key), `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`))
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ pointer, before, after }]
}

function isHolder(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null
}

function valueOf(holder: Record<string, Json>, key: string): Json {
  return Object.hasOwn(holder, key) ? holder[key] : undefined
}
