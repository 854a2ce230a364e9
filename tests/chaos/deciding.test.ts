import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, onTestFailed, test } from 'vitest'

import { logOf, submit, untilOver } from './client.ts'
import { decide, gatedPlan, openApprovals, verifyAudit } from './deciders.ts'
import { rollDice } from './dice.ts'
import { faultsOf } from './faults-of.ts'
import { openHouse, type House } from './house.ts'
import { STORES } from './stores.ts'

const RACED_SESSIONS = 20
const RACED_GATES = 15

/** Two people who approve everything that they see, each at their own replica, until they are told to stop. */
async function approveAll(house: House, people: readonly string[], stop: AbortSignal): Promise<{ ok: number; late: number }> {
  const counts = { ok: 0, late: 0 }
  const approve = async (person: string): Promise<void> => {
    while (!stop.aborted) {
      const replica = house.nextUp()
      const open = replica ? await openApprovals(replica).catch(() => []) : []
      if (open.length === 0) await pause(5)
      await Promise.all(
        open.map(async (approval) => {
          const at = house.nextUp()
          const answer = at && (await decide(at, approval, person).catch(() => undefined))
          if (answer === 'ok') counts.ok += 1
          else if (answer === 'conflict') counts.late += 1
        }),
      )
    }
  }
  await Promise.all(people.map(approve))
  return counts
}

describe.each(STORES)('on $name', (store) => {
  test(`${RACED_SESSIONS * RACED_GATES} decisions that race with parking leave no session behind`, async () => {
    // Who is left behind stays so: the sweeper looks once, at the start, and no lease is lost on a busy machine.
    await using house = await openHouse(store, { replicas: 2, environment: { SWEEP_EVERY_MS: '600000', LEASE_MS: '60000' } })
    onTestFailed(() => console.log(house.printed()))
    const stop = new AbortController()
    const deciding = approveAll(house, ['ann'], stop.signal)
    const goals = Array.from({ length: RACED_SESSIONS }, (_, index) => `race ${index}`)
    for (const goal of goals) house.plans.set(goal, gatedPlan(goal, { width: 1, depth: RACED_GATES - 1, pauseMs: 1 }))
    const ids = await Promise.all(goals.map((goal) => submit(house, goal, goal)))
    const views = await Promise.all(ids.map((id) => untilOver(house, id, 50_000)))
    stop.abort()
    const { ok } = await deciding
    expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
    expect(ok).toBe(RACED_SESSIONS * RACED_GATES)
    for (const view of views) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
  })

  test('while two people decide everything at once and orchestrators are killed, every approval is decided once and everything approved runs once', async () => {
    const dice = rollDice('deciding in a storm')
    await using house = await openHouse(store, { replicas: 2 })
    onTestFailed(() => console.log(house.printed()))
    const stop = new AbortController()
    const deciding = approveAll(house, ['ann', 'bob'], stop.signal)
    const goals = Array.from({ length: 8 }, (_, index) => `storm ${index}`)
    for (const goal of goals) house.plans.set(goal, gatedPlan(goal, { width: 3, depth: 3, pauseMs: 150 }))
    const ids = await Promise.all(goals.map((goal) => submit(house, goal, goal)))
    for (let kill = 0; kill < 4; kill += 1) {
      await pause(dice.between(300, 900))
      const victim = dice.pick(house.replicas)
      await victim.kill('SIGKILL')
      await victim.start()
    }
    const views = await Promise.all(ids.map((id) => untilOver(house, id)))
    stop.abort()
    await deciding
    for (const view of views) {
      expect(view.status).toBe('completed')
      expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
      expect(Object.values(view.asks).map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'approved'))
    }
    expect(await verifyAudit(house.replica(0))).toMatchObject({ ok: true })
  })
})
