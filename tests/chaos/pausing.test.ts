import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, onTestFailed, test } from 'vitest'

import { callOptions, logOf, look, submit, tell, untilOver } from './client.ts'
import { rollDice } from './dice.ts'
import { faultsOf } from './faults-of.ts'
import { openHouse } from './house.ts'
import { goalOf } from './plans.ts'
import type { Replica } from './replica.ts'
import { STORES } from './stores.ts'

const LANES = 20
const RACES = 320

describe.each(STORES)('on $name', (store) => {
  test(`${RACES} resumes that race with parking leave no session behind`, async () => {
    const dice = rollDice('signal versus park')
    // Who is left behind stays so: the sweeper looks once, at the start, and no lease is lost on a busy machine.
    await using house = await openHouse(store, { replicas: 2, environment: { SWEEP_EVERY_MS: '600000', LEASE_MS: '60000' } })
    onTestFailed(() => console.log(house.printed()))
    const ids: string[] = []
    let raced = 0
    let asked = 0
    let slowest = 0

    /** Pauses the session, and resumes it around the moment at which the last node that runs lets it be parked. False once it is over. */
    async function race(id: string): Promise<boolean> {
      const began = performance.now()
      const pausing = tell(dice.pick(house.replicas), id, 'pause')
      await pause(dice.between(0, 50))
      const answers = [...(await Promise.all([pausing, tell(dice.pick(house.replicas), id, 'resume')])), await tell(dice.pick(house.replicas), id, 'resume')]
      if (answers.includes('conflict')) return false
      expect(answers).toEqual(['ok', 'ok', 'ok'])
      raced += 1
      slowest = Math.max(slowest, performance.now() - began)
      return true
    }

    async function keepRacing(): Promise<void> {
      while (raced < RACES) {
        const id = await submit(house, goalOf({ layers: 60, width: 1, pause: [5, 40], seed: dice.between(1, 1_000_000) }), `pausing-${(asked += 1)}`)
        ids.push(id)
        while (raced < RACES && (await race(id)));
      }
    }

    await Promise.all(Array.from({ length: LANES }, keepRacing))
    const views = await Promise.all(ids.map((id) => untilOver(house, id, 20_000)))
    expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
    for (const view of views) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
    console.log(`${store.name}: ${raced} races in ${ids.length} sessions, the slowest of ${Math.round(slowest)} ms`)
  })

  test('cancels, pauses and resumes in every order, all of them twice, end every session once', async () => {
    const dice = rollDice('orders')
    await using house = await openHouse(store, { replicas: 2 })
    onTestFailed(() => console.log(house.printed()))
    const say: Record<string, (replica: Replica, id: string) => Promise<unknown>> = {
      pause: (replica, id) => tell(replica, id, 'pause'),
      resume: (replica, id) => tell(replica, id, 'resume'),
      // A cancel that comes after the first is answered like it.
      cancel: (replica, id) => replica.connection.cancelTask(id, callOptions()).then(({ status }) => status.state),
    }
    const stories = ORDERS.flatMap((order) => (['in turn', 'at once'] as const).map((how) => ({ order, how })))

    const views = await Promise.all(
      stories.map(async ({ order, how }, index) => {
        const id = await submit(house, goalOf({ layers: 12, width: 2, pause: [200, 400], seed: index + 1 }), `orders-${index}`)
        await pause(dice.between(0, 600))
        const words = order.flatMap((word) => [word, word])
        const answers: unknown[] = []
        const speak = async (word: string): Promise<void> => void answers.push(await say[word]?.(dice.pick(house.replicas), id))
        if (how === 'at once') await Promise.all(words.map(speak))
        else for (const word of words) await speak(word)
        // A conflict: it is over already.
        expect(answers.filter((answer) => answer !== 'ok' && answer !== 'conflict' && answer !== 'canceled')).toEqual([])
        return untilOver(house, id)
      }),
    )
    for (const view of views) {
      expect(view.status).toBe('canceled')
      expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
      expect(await tell(dice.pick(house.replicas), view.id, 'resume')).toBe('conflict')
      expect(await look(house, view.id)).toEqual(view)
    }
  })
})

const ORDERS = [
  ['cancel', 'pause', 'resume'],
  ['cancel', 'resume', 'pause'],
  ['pause', 'cancel', 'resume'],
  ['pause', 'resume', 'cancel'],
  ['resume', 'cancel', 'pause'],
  ['resume', 'pause', 'cancel'],
] as const
