import type { LocalTier } from '../core/decide.ts'

/** The local router, read into memory with its weights. */
export async function openLocalTier(): Promise<LocalTier | undefined> {
  return undefined
}
