import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'
import type { SessionEvent } from '@signalbox/contracts'
import { createClient } from 'redis'
import { expect, onTestFailed, test } from 'vitest'

import { ask, codeOf, eventsIn, logOf, look, streamFrom, submit, submitTo, untilOver } from './client.ts'
import { rollDice, type Dice } from './dice.ts'
import { faultsOf } from './faults-of.ts'
import { openHouse, type House } from './house.ts'
import { goalOf } from './plans.ts'
import { REDIS } from './stores.ts'

/** What the engine's keys begin with. Those of sessions do not. */
const ENGINE_KEYS = 'signalbox:doorbell*'
const AWAY_MS = 10_000

test('sessions whose engine loses all its keys, again and again, end well', async () => {
  const dice = rollDice('lost engine')
  await using house = await openHouse(REDIS, { replicas: 2 })
  onTestFailed(() => console.log(house.printed()))
  const asking = askOverTime(house, dice, 20)
  let deleted = 0
  for (let round = 0; round < 8; round += 1) {
    await pause(dice.between(300, 900))
    deleted += await deleteKeys(house, ENGINE_KEYS)
  }
  await expectAllWell(house, await asking)
  expect(deleted).toBeGreaterThan(0)
  console.log(`${deleted} keys of the engine were deleted`)
})

test('nothing that was acknowledged is lost when Redis is killed under load, three times', async () => {
  const dice = rollDice('killed Redis')
  await using house = await openHouse(REDIS, { replicas: 2 })
  onTestFailed(() => console.log(house.printed()))
  const read = readStreams(house, dice, 6)
  const asking = askOverTime(house, dice, 20)
  for (let kill = 0; kill < 3; kill += 1) {
    await pause(dice.between(1_200, 2_500))
    await house.place.redis?.kill()
    await pause(dice.between(0, 400))
    await house.place.redis?.restart()
  }
  await expectAllWell(house, await asking)
  await expectToldAsLogged(house, await read)
})

test.each([
  { how: 'is away', leave: 'SIGKILL' },
  { how: 'answers nothing', leave: 'SIGSTOP' },
] as const)('while Redis $how for 10 s new requests are refused soon and in words, and then everything goes on', async ({ leave }) => {
  const dice = rollDice('absent Redis')
  await using house = await openHouse(REDIS, { replicas: 2 })
  onTestFailed(() => console.log(house.printed()))
  const read = readStreams(house, dice, 6)
  const asked = await Promise.all(Array.from({ length: 6 }, (_, index) => submit(house, aGoal(dice), `before-${index}`)))
  await pause(800)
  await house.place.redis?.kill(leave)
  const back = Date.now() + AWAY_MS
  const waits: number[] = []
  while (Date.now() < back) {
    const replica = dice.pick(house.replicas)
    const began = performance.now()
    const fault = await submitTo(replica, aGoal(dice), `refused-${waits.length}`).then(
      () => undefined,
      (error: unknown) => error,
    )
    waits.push(performance.now() - began)
    expect(fault).toBeInstanceOf(AppError)
    expect((fault as AppError).code).toBe('unavailable')
    expect((fault as AppError).retryable).toBe(true)
    const answer = await ask(replica, 'GET', `/v1/sessions/${asked[0]}/events`)
    expect(answer.status).toBe(503)
    expect(await codeOf(answer)).toBe('unavailable')
    expect((await ask(replica, 'GET', '/readyz')).status).toBe(503)
    await pause(200)
  }
  console.log(`${waits.length} refusals, the slowest after ${Math.round(Math.max(...waits))} ms`)
  expect(Math.max(...waits)).toBeLessThan(3_000)

  await (leave === 'SIGSTOP' ? house.place.redis?.kill('SIGCONT') : house.place.redis?.restart())
  const after = await Promise.all(Array.from({ length: 4 }, (_, index) => submit(house, aGoal(dice), `after-${index}`)))
  await expectAllWell(house, [...asked, ...after])
  await expectToldAsLogged(house, await read)
})

function aGoal(dice: Dice): string {
  return goalOf({ layers: 6, width: 3, pause: [100, 500], words: 4, seed: dice.between(1, 1_000_000) })
}

/** Asks for so many sessions, one after the other. Answers the ids that were acknowledged: all, for a client that asks again. */
async function askOverTime(house: House, dice: Dice, sessions: number): Promise<string[]> {
  const ids: Promise<string>[] = []
  for (let index = 0; index < sessions; index += 1) {
    ids.push(submit(house, aGoal(dice), `session-${index}`))
    await pause(dice.between(100, 400))
  }
  return Promise.all(ids)
}

/** Streams that are opened before anything happens, each read to its end as one client would. */
function readStreams(house: House, dice: Dice, count: number): Promise<Map<string, SessionEvent[]>> {
  const told = new Map<string, SessionEvent[]>()
  const reads = Array.from({ length: count }, async (_, index) => {
    const goal = goalOf({ layers: 10, width: 2, pause: [400, 700], words: 4, seed: dice.between(1, 1_000_000) })
    const stream = streamFrom(dice.pick(house.replicas), goal, `stream-${index}`, AbortSignal.timeout(50_000))
    const seen: SessionEvent[] = []
    let id = ''
    async function* noted() {
      for await (const event of stream) {
        if (event.type === 'task') id = event.task.id
        yield event
      }
    }
    for await (const event of eventsIn(noted())) seen.push(event)
    told.set(id, seen)
  })
  const all = Promise.all(reads).then(() => told)
  // Whoever waits for them hears of one that failed; until then nobody does.
  all.catch(() => undefined)
  return all
}

async function expectAllWell(house: House, ids: readonly string[]): Promise<void> {
  const views = await Promise.all(ids.map((id) => untilOver(house, id)))
  expect(views.filter(({ status }) => status !== 'completed')).toEqual([])
  for (const view of views) expect(faultsOf(view, await logOf(house, view.id), house.executions)).toEqual([])
}

/** What a client was told is what happened: nothing twice, nothing lost, and nothing taken back. */
async function expectToldAsLogged(house: House, told: ReadonlyMap<string, SessionEvent[]>): Promise<void> {
  for (const [id, seen] of told) {
    expect(seen).toEqual(await logOf(house, id))
    expect((await look(house, id)).status).toBe('completed')
  }
}

async function deleteKeys(house: House, pattern: string): Promise<number> {
  const client = await createClient({ url: house.place.environment['REDIS_URL'] as string }).connect()
  try {
    let deleted = 0
    for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 1_000 })) if (keys.length > 0) deleted += await client.del(keys)
    return deleted
  } finally {
    client.destroy()
  }
}
