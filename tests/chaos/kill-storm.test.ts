import { setTimeout as pause } from 'node:timers/promises'

import { eventually } from '@signalbox/testing'
import { describe, expect, onTestFailed, test } from 'vitest'

import { logOf, look, submit, untilOver } from './client.ts'
import { rollDice, type Dice } from './dice.ts'
import { faultsOf, repeatedIn } from './faults-of.ts'
import { openHouse, type House } from './house.ts'
import { goalOf, planOfAllKinds } from './plans.ts'
import { STORES } from './stores.ts'

const SESSIONS = 30
const KILLS = 7

describe.each(STORES)('on $name', (store) => {
  test('30 sessions of 24 nodes end well while their orchestrators are killed one after the other, and no result is there twice', async () => {
    const dice = rollDice('kill storm')
    await using house = await openHouse(store, { replicas: 3, memory: { bee: 'forgets', cat: 'forgets' } })
    onTestFailed(() => console.log(house.printed()))

    const asking = (async () => {
      const ids: Promise<string>[] = []
      for (let index = 0; index < SESSIONS; index += 1) {
        const goal = goalOf({ layers: 6, width: 4, pause: [100, 500], seed: dice.between(1, 1_000_000) })
        ids.push(submit(house, goal, `storm-${index}`))
        await pause(dice.between(50, 250))
      }
      return Promise.all(ids)
    })()
    await killSome(house, dice, { kills: KILLS, between: [400, 1_200] })
    const ids = await asking
    const views = await Promise.all(ids.map((id) => untilOver(house, id)))

    expect(new Set(ids).size).toBe(SESSIONS)
    expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
    expect(views.flatMap(({ nodes }) => Object.values(nodes).filter(({ state }) => state === 'completed'))).toHaveLength(SESSIONS * 24)
    for (const view of views) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
    console.log(`${store.name}: ${KILLS} kills, ${house.executions.length} executions of ${SESSIONS * 24} nodes, ${repeatedIn(house.executions)} repeated`)
  })

  test('maps, votes and sub-plans come through it as well', async () => {
    const dice = rollDice('kill storm of all kinds')
    await using house = await openHouse(store, { replicas: 3, memory: { bee: 'forgets', cat: 'forgets' } })
    onTestFailed(() => console.log(house.printed()))
    const ids: Promise<string>[] = []
    for (let index = 0; index < 10; index += 1) {
      const goal = `all kinds ${index}`
      house.plans.set(goal, planOfAllKinds(goal, dice))
      ids.push(submit(house, goal, goal))
    }
    await killSome(house, dice, { kills: 4, between: [300, 900] })
    const views = await Promise.all((await Promise.all(ids)).map((id) => untilOver(house, id)))
    const children = await Promise.all(views.map((view) => look(house, view.nodes['sub']?.session as string)))

    for (const [index, view] of views.entries()) {
      expect(view.status).toBe('completed')
      expect(Object.keys(view.nodes).filter((node) => node.startsWith('map.'))).toHaveLength(12)
      expect(view.nodes['vote']?.output?.text).toBe('yes')
      expect(children[index]).toMatchObject({ status: 'completed', lineage: [view.id] })
      expect(view.nodes['sub']?.output?.text).toBe(children[index]?.answer?.text)
    }
    for (const view of [...views, ...children]) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
    // A sub-plan that is asked for again is the one that was begun.
    expect(new Set(house.executions.map(({ session }) => session)).size).toBe(2 * views.length)
    console.log(`${store.name}: 4 kills, ${house.executions.length} executions, ${repeatedIn(house.executions)} repeated`)
  })
})

/** Kills one orchestrator after the other, and starts each again at once; one that is starting is left alone, but the next need not wait for it. */
async function killSome(house: House, dice: Dice, { kills, between: [least, most] }: { kills: number; between: readonly [number, number] }): Promise<void> {
  const standing = new Set(house.replicas)
  const starts: Promise<unknown>[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await pause(dice.between(least, most))
    await eventually('one stands', () => standing.size > 0)
    const victim = dice.pick([...standing])
    standing.delete(victim)
    await victim.kill()
    starts.push(victim.start().then(() => standing.add(victim)))
  }
  await Promise.all(starts)
}
