import { openLocalRouter } from '@signalbox/local-router'

import type { LocalTier } from '../core/decide.ts'

/** What is judged at start, so that nobody's question is the one that waits for the code to be made fast. */
const WARM_UP = [
  'Compare the notice periods of both contracts, check them against our policy, and draft a letter with the sources',
  'Write a short poem about autumn for my grandmother',
  'What does the error "connection refused" mean, and how do I find out which port is used?',
]
const ROUNDS = 30

/** The local router, read into memory with the weights that ship with it. @throws Error where they cannot be read. */
export function openLocalTier(): LocalTier {
  const router = openLocalRouter()
  for (let round = 0; round < ROUNDS; round += 1) for (const question of WARM_UP) router.judge({ question, conversation: '' })
  return router
}
