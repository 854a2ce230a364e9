import { setTimeout as pause } from 'node:timers/promises'

import { TERMINAL_EVENTS, type SessionEvent } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { describe, expect, onTestFailed, test } from 'vitest'

import { eventsIn, logOf, streamFrom, submit, submitTo, subscribeAt, untilOver } from './client.ts'
import { rollDice } from './dice.ts'
import { LEASE_MS, openHouse } from './house.ts'
import { goalOf } from './plans.ts'
import { rawEvents } from './raw-events.ts'
import { STORES } from './stores.ts'

describe.each(STORES)('on $name', (store) => {
  test('a client of one orchestrator reads what another one does, every event once', async () => {
    const dice = rollDice('streams of others')
    await using house = await openHouse(store, { replicas: 2, started: 1 })
    onTestFailed(() => console.log(house.printed()))
    const goals = Array.from({ length: 8 }, () => goalOf({ layers: 6, width: 2, pause: [300, 500], words: 8, seed: dice.between(1, 1_000_000) }))
    // The second is not there yet, so that all of them are driven by the first.
    const ids = await Promise.all(goals.map((goal, index) => submitTo(house.replica(0), goal, `others-${index}`)))
    await house.replica(1).start()

    const told = await Promise.all(ids.map((id) => collect(eventsIn(subscribeAt(house.replica(1), id, 0, AbortSignal.timeout(30_000))))))
    for (const [index, id] of ids.entries()) {
      const log = await logOf(house, id)
      expect(told[index]).toEqual(log)
      expect(log.at(-1)?.type).toBe('session.completed')
      expect(log.filter(({ type }) => type === 'session.resumed')).toEqual([])
    }
  })

  test('a reader who leaves and comes back, here or there, is told exactly what was missed', async () => {
    const dice = rollDice('leaving readers')
    await using house = await openHouse(store, { replicas: 2 })
    onTestFailed(() => console.log(house.printed()))
    let visits = 0

    async function readInVisits(id: string): Promise<SessionEvent[]> {
      const seen: SessionEvent[] = []
      while (!TERMINAL_EVENTS.has(seen.at(-1)?.type ?? 'session.created')) {
        visits += 1
        const patience = dice.between(1, 12)
        let read = 0
        for await (const event of rawEvents(dice.pick(house.replicas), id, seen.length, AbortSignal.timeout(20_000))) {
          // What the wire says, as it says it: nothing is put in order here, and nothing left out.
          seen.push(event)
          read += 1
          if (read >= patience) break
        }
        await pause(dice.between(0, 150))
      }
      return seen
    }

    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const goal = goalOf({ layers: 5, width: 3, pause: [100, 400], words: 10, seed: dice.between(1, 1_000_000) })
        return submit(house, goal, `leaving-${index}`)
      }),
    )
    const seen = await Promise.all(ids.map(readInVisits))
    for (const [index, id] of ids.entries()) expect(seen[index]).toEqual(await logOf(house, id))
    // Also of a session that is over, from wherever it was left.
    for (const id of ids) {
      const log = await logOf(house, id)
      const after = dice.between(0, log.length - 1)
      expect(await collect(rawEvents(dice.pick(house.replicas), id, after, AbortSignal.timeout(5_000)))).toEqual(log.slice(after))
    }
    console.log(`${store.name}: ${visits} visits to ${ids.length} sessions`)
  })

  test('when an orchestrator is killed its sessions are taken up within the lease and a little, and their readers go on elsewhere', async () => {
    const dice = rollDice('takeover')
    await using house = await openHouse(store, { replicas: 2, started: 1 })
    onTestFailed(() => console.log(house.printed()))
    const [first, second] = [house.replica(0), house.replica(1)]
    const streams = Array.from({ length: 10 }, (_, index) => {
      const goal = goalOf({ layers: 8, width: 2, pause: [300, 600], words: 4, seed: dice.between(1, 1_000_000) })
      const seen: SessionEvent[] = []
      // The line breaks with the orchestrator; until then it is read.
      const broken = readInto(seen, eventsIn(streamFrom(first, goal, `takeover-${index}`, AbortSignal.timeout(30_000)))).catch(() => undefined)
      return { goal, key: `takeover-${index}`, seen, broken }
    })
    await second.start()
    await eventually('every session has got somewhere', () => streams.every(({ seen }) => seen.some(({ type }) => type === 'node.completed')))
    await first.kill()
    const killedAt = Date.now()
    await Promise.all(streams.map(({ broken }) => broken))

    const takeovers = await Promise.all(
      streams.map(async ({ goal, key, seen }) => {
        // Asking anew under the same key finds the session that it began.
        const id = await submitTo(second, goal, key)
        await readInto(seen, eventsIn(subscribeAt(second, id, seen.length, AbortSignal.timeout(30_000))))
        expect(seen).toEqual(await logOf(house, id))
        expect((await untilOver(house, id)).status).toBe('completed')
        const resumed = seen.filter(({ type }) => type === 'session.resumed')
        expect(resumed).toHaveLength(1)
        return Date.parse(resumed[0]?.at as string) - killedAt
      }),
    )
    console.log(`${store.name}: taken up ${Math.min(...takeovers)} to ${Math.max(...takeovers)} ms after the kill, with leases of ${LEASE_MS} ms`)
    expect(Math.max(...takeovers)).toBeLessThan(LEASE_MS + 5_000)
  })
})

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  await readInto(collected, items)
  return collected
}

async function readInto<Item>(into: Item[], items: AsyncIterable<Item>): Promise<void> {
  for await (const item of items) into.push(item)
}
