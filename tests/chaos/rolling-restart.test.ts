import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, onTestFailed, test } from 'vitest'

import { logOf, submit, untilOver } from './client.ts'
import { rollDice } from './dice.ts'
import { faultsOf } from './faults-of.ts'
import { openHouse } from './house.ts'
import { goalOf } from './plans.ts'
import { STORES } from './stores.ts'

const SESSIONS = 12

describe.each(STORES)('on $name', (store) => {
  test('orchestrators that are asked to stop, one after the other, hand their sessions over, and no lease is waited for', async () => {
    const dice = rollDice('rolling restart')
    // Whoever waited for one of these leases to run out would be late.
    await using house = await openHouse(store, { replicas: 2, environment: { LEASE_MS: '120000' } })
    onTestFailed(() => console.log(house.printed()))
    const ids = await Promise.all(
      Array.from({ length: SESSIONS }, (_, index) => {
        const goal = goalOf({ layers: 10, width: 2, pause: [200, 500], seed: dice.between(1, 1_000_000) })
        return submit(house, goal, `rolling-${index}`)
      }),
    )
    for (const replica of house.replicas) {
      await pause(dice.between(300, 900))
      await replica.kill('SIGTERM')
      await replica.start()
    }
    const views = await Promise.all(ids.map((id) => untilOver(house, id, 30_000)))
    expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
    for (const view of views) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
    // What was under way was left to its agents, and found there again.
    expect(house.executions).toHaveLength(SESSIONS * 20)
  })
})
