import { AppError } from '@signalbox/errors'

/** How long the orchestrator is asked to wait for something to tell, seconds; the most that it does. */
export const LONG_POLL_S = 25

/** Events that are asked for at once. */
export const EVENTS_PER_PAGE = 500

const SOON_MS = 1_000

/** Whoever has nothing to tell, and says so at once, must not be asked again at once. @throws AppError `upstream_failed`, which is mended with a pause. */
export function requireWaited(milliseconds: number): void {
  if (milliseconds < SOON_MS) throw new AppError('upstream_failed', 'The orchestrator had nothing to tell, and did not wait until it had.')
}
