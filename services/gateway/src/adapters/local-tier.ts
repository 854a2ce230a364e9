import { openLocalRouter } from '@signalbox/local-router'

import type { LocalTier } from '../core/decide.ts'

/** The local router, read into memory with the weights that ship with it. @throws Error where they cannot be read. */
export function openLocalTier(): LocalTier {
  return openLocalRouter()
}
