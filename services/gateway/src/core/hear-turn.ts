import type { SessionView } from '@signalbox/contracts'

import type { SessionNews } from './orchestrator.ts'
import type { AnswerTeller, Telling } from './tell-answer.ts'
import type { Awaiting, OpenAsks } from './waiting-for-people.ts'

/** What a caller is told in one turn: of the session; and last, where the turn ends before the session does, why. */
export type Heard = Telling | Awaiting | { type: 'late'; paused: boolean }

/** What the caller wants where only people can go on: be held until they have, be told at once, or be refused. */
export type ApprovalWish = 'hold' | 'return' | 'error'

export interface TurnOptions {
  wish: ApprovalWish
  /** How long the turn is held for approvals. */
  holdMs: number
  /** How long the turn may take in all; for as long as the session does where nothing is said. */
  waitMs?: number
  /** The session as it is by now, and what of that people are still to say. @throws AppError where that cannot be known. */
  look(): Promise<{ session: SessionView; open: OpenAsks }>
}

/** How long a session that waited may be silent before it is looked at. */
const LOOK_EVERY_MS = 10_000

/**
 * Tells one turn of a session, until the session ends or the turn does.
 *
 * 1. A question to the caller ends the turn at once: its answer is the next turn.
 * 2. While nothing but people can go on the turn is held, each time anew, and ends when they took too long.
 * 3. Before it ends for people it is looked whether they have spoken meanwhile: an answer that is on its way is waited for.
 * 4. After each of these endings, `awaiting` and `late`, nothing is told.
 */
export async function* hearTurn(
  teller: AnswerTeller,
  opening: readonly Telling[],
  news: AsyncIterator<SessionNews>,
  options: TurnOptions,
): AsyncGenerator<readonly Heard[]> {
  const endsAt = options.waitMs === undefined ? undefined : performance.now() + options.waitMs
  let upcoming: Promise<IteratorResult<SessionNews>> | undefined
  /** Until when the turn is held; undefined while the session is at work. */
  let heldUntil: number | undefined
  let hasWaited = false

  /** What people are asked; undefined where they have spoken, and it goes on. */
  const lookAgain = async (): Promise<OpenAsks | undefined> => {
    try {
      const { session, open } = await options.look()
      teller.look(session)
      // Where nothing is named, somebody waits behind another agent.
      if (teller.waiting && countOf(teller.waiting) > 0 && countOf(open) === 0) teller.dismissWaiting()
      return teller.waiting && open
    } catch {
      // What is known from its events must do.
      return teller.waiting
    }
  }
  const toAwaiting = (open: OpenAsks): Awaiting => ({
    type: 'awaiting',
    status: open.questions.length > 0 ? 'awaiting_input' : 'awaiting_approval',
    ...open,
    usage: teller.usage,
  })

  if (opening.length > 0) yield opening
  while (!teller.ended) {
    if (!teller.waiting) heldUntil = undefined
    else if (heldUntil === undefined || performance.now() >= heldUntil) {
      const isNew = heldUntil === undefined
      hasWaited = true
      const open = await lookAgain()
      if (!open) continue
      const isOver = !isNew || options.wish !== 'hold' || options.holdMs === 0 || open.questions.length > 0
      if (isOver) return yield [toAwaiting(open)]
      heldUntil = performance.now() + options.holdMs
    }
    if (!upcoming) {
      upcoming = news.next()
      // Whoever stops listening hears no more of how the line ends.
      upcoming.catch(() => undefined)
    }
    const lookAt = teller.waiting ? heldUntil : hasWaited ? performance.now() + LOOK_EVERY_MS : undefined
    const next = await orTime(upcoming, earliest(endsAt, lookAt))
    if (next !== 'time') {
      upcoming = undefined
      // Whoever follows a session throws where it cannot follow it to its end.
      if (next.done === true) throw new Error('the session’s news ended before the session')
      yield teller.tell(next.value)
    } else if (endsAt !== undefined && performance.now() >= endsAt) {
      const open = await lookAgain()
      return yield [open ? toAwaiting(open) : { type: 'late', paused: teller.paused }]
    } else if (!teller.waiting) {
      // It may be over, or wait anew, without having said so.
      await lookAgain()
    }
  }
}

function countOf({ approvals, questions }: OpenAsks): number {
  return approvals.length + questions.length
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** What is awaited, or that it is this time by now. */
async function orTime<Result>(awaited: Promise<Result>, time: number | undefined): Promise<Result | 'time'> {
  if (time === undefined) return awaited
  const { promise, resolve } = Promise.withResolvers<'time'>()
  const timer = setTimeout(resolve, Math.max(0, time - performance.now()), 'time' as const)
  try {
    return await Promise.race([awaited, promise])
  } finally {
    clearTimeout(timer)
  }
}
