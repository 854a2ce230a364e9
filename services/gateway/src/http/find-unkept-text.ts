/** Where a value of JSON holds text that not every store keeps: a NUL, or half of a surrogate pair. The path to it, undefined where it holds none. */
export function findUnkeptText(value: unknown): PropertyKey[] | undefined {
  if (typeof value === 'string') return isKept(value) ? undefined : []
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    // The key itself is not repeated.
    if (!isKept(key)) return []
    const path = findUnkeptText(inner)
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path]
  }
  return undefined
}

function isKept(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}
