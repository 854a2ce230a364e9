import { setTimeout } from 'node:timers/promises'

import type { Patience } from '../core/mend-breaks.ts'

/** How long the orchestrator may be away in the middle of a session before those who follow it are told. */
export const PATIENCE: Patience = { patienceMs: 30_000, pause: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }) }
