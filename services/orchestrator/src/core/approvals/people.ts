import type { SessionDocument } from '@signalbox/contracts'

import type { DriveTools } from '../drive-session.ts'
import type { Happening } from '../happenings.ts'
import { openAsks } from './asks.ts'
import { peekAfter } from './waiting.ts'

export interface PeopleTools {
  push: (happening: Happening) => void
  broken: (error: unknown) => void
  signal: AbortSignal
}

/** A session's side of its people: enters what it asks into the ledger, reads what they decided, and looks after agents that wait for them. */
export interface People {
  /** Something is being entered or read: the session must not be left to wait yet. */
  readonly isBusy: boolean
  /** After a save: enters what is asked and not entered yet, sets aside what is stale, and reads the ledger where somebody says that it has moved. */
  ask(document: SessionDocument, news: { messages: readonly Happening[]; stale: readonly string[]; withdrawn: readonly string[] }): void
  /** The session ends: nobody is asked any more, and no agent waits for it. */
  callOff(document: SessionDocument): void
  close(): Promise<void>
}

/**
 *  P1. Beside the queue, like all that takes time: what comes of it is a happening.
 *  P2. At the beginning of every drive everything open is entered and read once: a crash may have come in between.
 */
export function createPeople(tools: DriveTools, { push, broken, signal }: PeopleTools): People {
  const { book, agents } = tools
  const entered = new Set<string>()
  const answered = new Set<string>()
  const work = new Set<Promise<void>>()
  let isFresh = true
  /** Agents wait, and were not looked at for a while. */
  let isDue = false
  let timer: NodeJS.Timeout | undefined
  let waitingSince = 0

  function beside(job: () => Promise<void>): void {
    const done = job()
      .catch((error: unknown) => (signal.aborted ? undefined : broken(error)))
      .finally(() => {
        work.delete(done)
        // Whoever waits for this to be over looks again.
        push({ type: 'look' })
      })
    work.add(done)
  }

  async function enterAndRead(document: SessionDocument, fresh: readonly string[], wanted: readonly string[]): Promise<void> {
    const asks = openAsks(document)
    const own = asks.filter(({ id, relayed }) => fresh.includes(id) && relayed === undefined)
    if (own.length > 0) await book.open(document, own)
    if (wanted.length === 0) return
    const outcomes = (await book.read(wanted)).filter(({ id }) => !answered.has(id))
    for (const { id } of outcomes) answered.add(id)
    if (outcomes.length > 0) push({ type: 'outcomes', outcomes })
  }

  /** Agents may go on by themselves, or ask for something else by now: whoever waits is asked, at growing intervals. */
  async function lookAfter(document: SessionDocument, isTold: boolean): Promise<void> {
    const waiting = Object.entries(document.nodes).filter(([, { state }]) => state === 'waiting')
    await Promise.all(
      waiting.map(async ([node, { agent, task_id: task, waits_for: waits }]) => {
        // A sub-plan that says that it has moved may wait again already, for something else.
        if (isTold && waits === 'others') push({ type: 'moved', node })
        else if (task !== undefined) {
          const now = await agents.look(agent, task, signal)
          if (now === 'nobody') push({ type: 'moved', node })
          else if (now) push({ type: 'waits', node, wait: now })
        }
      }),
    )
  }

  /** While others of the session's nodes are at work its drive goes on, and who waits is looked after in it. */
  function watch(waiting: boolean): void {
    if (!waiting) {
      clearTimeout(timer)
      timer = undefined
      return
    }
    if (timer !== undefined) return
    waitingSince = Date.now()
    const again = (): void => {
      timer = setTimeout(
        () => {
          isDue = true
          push({ type: 'look' })
          again()
        },
        peekAfter(Date.now() - waitingSince),
      )
    }
    again()
  }

  return {
    get isBusy() {
      return work.size > 0
    },
    ask(document, { messages, stale, withdrawn }) {
      const asks = openAsks(document)
      const fresh = asks.flatMap(({ id }) => (entered.has(id) ? [] : [id]))
      for (const id of fresh) entered.add(id)
      const told = messages.flatMap((happening) => (happening.type === 'message' ? [happening.entry.message] : []))
      const named = told.flatMap((message) => (message.type === 'approval' ? [message.id] : []))
      const isLook = told.some(({ type }) => type === 'look')
      const wanted = isFresh || isLook ? asks.map(({ id }) => id) : named.filter((id) => document.asks[id]?.state === 'open')
      const waiting = Object.values(document.nodes).some(({ state, waits_for: waits }) => state === 'waiting' && waits !== 'others')
      const looks = ((isFresh || isLook) && Object.values(document.nodes).some(({ state }) => state === 'waiting')) || (isDue && waiting)
      isDue = false
      watch(waiting)
      if (fresh.length > 0 || wanted.length > 0 || looks)
        beside(async () => {
          await enterAndRead(document, fresh, wanted)
          // What was decided comes before that somebody goes on because of it.
          if (looks) await lookAfter(document, isLook)
        })
      if (stale.length > 0) beside(() => book.supersede(stale, 'What was asked for is not done any more.'))
      if (withdrawn.length > 0) beside(() => book.supersede(withdrawn, 'The agent does not ask for it any more.'))
      isFresh = false
    },
    callOff(document) {
      for (const { state, agent, task_id: task } of Object.values(document.nodes))
        if (state === 'waiting' && task !== undefined) void agents.cancel(agent, task)
      const open = openAsks(document).flatMap(({ id, relayed }) => (relayed === undefined ? [id] : []))
      if (open.length > 0) void book.supersede(open, 'The session has ended.').catch(() => undefined)
    },
    async close() {
      clearTimeout(timer)
      await Promise.allSettled(work)
    },
  }
}
