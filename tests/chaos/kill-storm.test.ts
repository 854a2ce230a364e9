import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, onTestFailed, test } from 'vitest'

import { logOf, submit, untilOver } from './client.ts'
import { rollDice } from './dice.ts'
import { faultsOf, repeatedIn } from './faults-of.ts'
import { openHouse } from './house.ts'
import { goalOf } from './plans.ts'
import { STORES } from './stores.ts'

const SESSIONS = 30
const KILLS = 7

describe.each(STORES)('on $name', (store) => {
  test('30 sessions of 24 nodes end well while their orchestrators are killed one after the other, and no result is there twice', async () => {
    const dice = rollDice('kill storm')
    await using house = await openHouse(store, { replicas: 3, memory: { bee: 'repeats', cat: 'forgets' } })
    onTestFailed(() => console.log(house.printed()))

    const asking = (async () => {
      const ids: Promise<string>[] = []
      for (let index = 0; index < SESSIONS; index += 1) {
        const goal = goalOf({ layers: 6, width: 4, pause: [50, 400], seed: dice.between(1, 1_000_000) })
        ids.push(submit(house, goal, `storm-${index}`))
        await pause(dice.between(100, 400))
      }
      return Promise.all(ids)
    })()
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pause(dice.between(400, 1_200))
      const victim = dice.pick(house.replicas)
      await victim.kill()
      await victim.start()
    }
    const ids = await asking
    const views = await Promise.all(ids.map((id) => untilOver(house, id)))

    expect(new Set(ids).size).toBe(SESSIONS)
    expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
    expect(views.flatMap(({ nodes }) => Object.values(nodes).filter(({ state }) => state === 'completed'))).toHaveLength(SESSIONS * 24)
    for (const view of views) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
    console.log(`${store.name}: ${KILLS} kills, ${house.executions.length} executions of ${SESSIONS * 24} nodes, ${repeatedIn(house.executions)} repeated`)
  })
})
