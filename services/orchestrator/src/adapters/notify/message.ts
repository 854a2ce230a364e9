import type { Approval, Delivery } from '@signalbox/contracts'

/** What is to be sent, with where it leads. */
export interface Message {
  delivery: Delivery
  /** As it stands now; undefined for a test. */
  approval: Approval | undefined
  /** Shows the approval without a sign-in, and decides where the channel is one person's. The console, for a test. */
  link: string
  /** The same at the console, for whoever signs in. */
  consoleLink: string
}

/** How a try went. `again`: whether another one may go better, not before `afterMs` where the other side said so. */
export type Outcome =
  | { state: 'delivered'; status: number | null; error: string | null }
  | { state: 'failed'; status: number | null; error: string; again: boolean; afterMs?: number }

/** A channel as the worker sees it. It never throws, and is done soon after the signal aborts. */
export interface Sender {
  send(message: Message, signal: AbortSignal): Promise<Outcome>
  close(): Promise<void>
}
