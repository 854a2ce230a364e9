import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, onTestFailed, test } from 'vitest'

import { eventually } from '@signalbox/testing'

import { ask, logOf, look, submitTo, untilOver } from './client.ts'
import { rollDice } from './dice.ts'
import { faultsOf } from './faults-of.ts'
import { LEASE_MS, openHouse } from './house.ts'
import { goalOf } from './plans.ts'
import { STORES } from './stores.ts'

const SESSIONS = 10

describe.each(STORES)('on $name', (store) => {
  test('an orchestrator that is stopped past its leases, and wakes, finds its sessions in other hands and writes nothing', async () => {
    const dice = rollDice('stopped driver')
    await using house = await openHouse(store, { replicas: 2, started: 1, memory: { cat: 'forgets' } })
    onTestFailed(() => console.log(house.printed()))
    const [first, second] = [house.replica(0), house.replica(1)]
    const goals = Array.from({ length: SESSIONS }, () => goalOf({ layers: 8, width: 2, pause: [300, 600], seed: dice.between(1, 1_000_000) }))
    // The second is not there yet, so that all of them are the first one's.
    const ids = await Promise.all(goals.map((goal, index) => submitTo(first, goal, `stopped-${index}`)))
    await second.start()
    await eventually('every session has got somewhere', async () => {
      const views = await Promise.all(ids.map((id) => look(house, id)))
      return views.every(({ nodes }) => Object.values(nodes).some(({ state }) => state === 'completed'))
    })

    // One that is stopped within a write keeps a file locked for as long as it is; that is not what is told here.
    do {
      first.thaw()
      await pause(dice.between(1, 20))
      first.freeze()
      await pause(20)
    } while (house.place.isHeld())
    const stoppedAt = Date.now()
    await eventually('the other has taken all sessions up', async () => {
      const logs = await Promise.all(ids.map((id) => logOf(house, id)))
      return logs.every((log) => log.some(({ type }) => type === 'session.resumed'))
    })
    expect(Date.now() - stoppedAt).toBeLessThan(LEASE_MS + 5_000)
    // It wakes while the other is at work, in the belief that it still drives.
    first.thaw()
    const views = await Promise.all(ids.map((id) => untilOver(house, id)))
    await eventually('the one that slept answers again', async () => (await ask(first, 'GET', '/readyz').catch(() => undefined))?.ok)

    expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
    for (const view of views) {
      const log = await logOf(house, view.id)
      expect(faultsOf(view, log, house.executions)).toEqual([])
      expect(log.filter(({ type }) => type === 'session.resumed')).toHaveLength(1)
      expect(await look(house, view.id)).toEqual(view)
    }
  })
})
