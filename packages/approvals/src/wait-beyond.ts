import type { Listeners } from '@signalbox/sessions/redis'

/** The audit is one thing to listen to. */
export const AUDIT = 'audit'

/** Settles when `head` is beyond `after`, or when nothing more will be heard. Listening begins before the first look, so that nothing is missed in between. */
export async function waitBeyond(listeners: Listeners, head: () => Promise<number>, { after, signal }: { after: number; signal: AbortSignal }): Promise<void> {
  using listening = listeners.listen(AUDIT, signal)
  while (!listening.ended && (await head()) <= after) await listening.next()
}
