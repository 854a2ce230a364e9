/**
 * Wakes whoever can drive a session. Rings may be lost, late or doubled: no state travels with
 * them, and the sweeper rings again for what was missed.
 */
export interface Doorbell {
  /** Asks for `sessionId` to be driven, after `delayMs` where given. */
  ring(sessionId: string, delayMs?: number): Promise<void>
  /** Answers rings until closed; at most `concurrency` sessions at a time. One session is never answered twice at once by the same doorbell. */
  answer(drive: (sessionId: string, signal: AbortSignal) => Promise<void>, options: { concurrency: number }): void
  /** Stops answering; running drives are told to stop by their signal and waited for until `signal` aborts. */
  close(signal: AbortSignal): Promise<void>
}
