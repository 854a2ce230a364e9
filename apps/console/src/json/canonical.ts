/** JSON in one spelling only (RFC 8785): keys in the order of their UTF-16 units, nothing between. What is hashed is this. */
export function toCanonicalText(value: unknown): string {
  return JSON.stringify(sorted(value))
}

/** The same, over lines, for people to read and edit. */
export function toReadableText(value: unknown): string {
  return JSON.stringify(sorted(value), undefined, 2)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  // Made by entries, so that a key named `__proto__` is a key like any other.
  return Object.fromEntries(keysOf(value).map((key) => [key, sorted(value[key])]))
}

/** An object's keys in canonical order. Numbers are not put first, as an object's own order would. */
export function keysOf(value: Record<string, unknown>): string[] {
  return Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1))
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How many bytes a text is as UTF-8. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

/** `512 B`, `12.3 kB`, `1.2 MB`. */
export function toSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** SHA-256 of the canonical JSON, in hexadecimal; undefined where the browser does not compute it (plain http). */
export async function hashOf(value: unknown): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(toCanonicalText(value)))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
