import { assert, asyncProperty, constantFrom, integer, nat, oneof, record, array, boolean } from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'

import {
  admitCall,
  CLOSED,
  settleCall,
  toBreakerReport,
  type Admission,
  type BreakerRecord,
  type BreakerReport,
  type BreakerRules,
  type Breakers,
  type CallOutcome,
} from '../../core/breaker.ts'

/** Two replicas on one store, of which no agent is known yet, and its clock. */
export interface BreakersUnderTest {
  replicas: [Breakers, Breakers]
  /** The store's time, epoch milliseconds. */
  now(): Promise<number>
  /** Has the store believe that so much time went by. */
  pass(ms: number): Promise<void>
  dispose(): Promise<void>
}

const SEED = 20_261_121
/** So long that what the test itself takes does not matter. */
const RULES: BreakerRules = { failures: 3, restMs: 1_000_000, longestRestMs: 3_500_000, probeMs: 2_000_000 }
/** No sum of a few of these is within what the test takes of a limit. */
const STEP_MS = 510_000
const NEAR_MS = 5_000

/** What all breakers do. */
export function describeBreakers(name: string, open: (rules: BreakerRules) => Promise<BreakersUnderTest>): void {
  describe(name, () => {
    const closings: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const close of closings.splice(0).toReversed()) await close()
    })

    async function opened(): Promise<BreakersUnderTest> {
      const breakers = await open(RULES)
      closings.push(() => breakers.dispose())
      return breakers
    }

    test('an agent that nobody has called is closed, and calls to it go through', async () => {
      const { replicas } = await opened()
      expect(await replicas[0].read(['a', 'b'])).toEqual(
        new Map([
          ['a', { state: 'closed', failures: 0, retryAt: null }],
          ['b', { state: 'closed', failures: 0, retryAt: null }],
        ]),
      )
      expect(await replicas[0].read([])).toEqual(new Map())
      expect(await replicas[0].admit('a')).toEqual({ admitted: true, probe: false })
    })

    test('failures that replicas saw are counted together, and what one opened the other refuses', async () => {
      const { replicas, now } = await opened()
      const [here, there] = replicas
      for (const replica of [here, there, here]) await fail(replica, 'a')
      const retryAt = (await now()) + RULES.restMs
      const refused = await there.admit('a')
      expect(refused).toEqual({ admitted: false, retryAt: expect.closeTo(retryAt, -4) })
      expect((await there.read(['a'])).get('a')).toEqual({ state: 'open', failures: 3, retryAt: expect.closeTo(retryAt, -4) })
      expect(await there.admit('b')).toEqual({ admitted: true, probe: false })
    })

    test('of fifty calls that come at once to a rested breaker one is the probe, whichever replica it comes to', async () => {
      const { replicas, pass } = await opened()
      for (let call = 0; call < RULES.failures; call += 1) await fail(replicas[0], 'a')
      await pass(RULES.restMs)
      const admissions = await Promise.all(Array.from({ length: 50 }, (_, index) => (replicas[index % 2] as Breakers).admit('a')))
      expect(admissions.filter(({ admitted }) => admitted)).toEqual([{ admitted: true, probe: true }])
      expect((await replicas[1].read(['a'])).get('a')).toMatchObject({ state: 'half-open' })
    })

    test('a probe that succeeds closes it for all replicas; one that fails opens it for twice as long', async () => {
      const { replicas, pass, now } = await opened()
      const [here, there] = replicas
      for (let call = 0; call < RULES.failures; call += 1) await fail(here, 'a')
      await pass(RULES.restMs)
      await fail(there, 'a')
      expect((await here.read(['a'])).get('a')).toEqual({ state: 'open', failures: 4, retryAt: expect.closeTo((await now()) + 2 * RULES.restMs, -4) })
      await pass(2 * RULES.restMs)
      await here.settle('a', 'success', await probeOf(here, 'a'))
      expect((await there.read(['a'])).get('a')).toEqual({ state: 'closed', failures: 0, retryAt: null })
      expect(await there.admit('a')).toEqual({ admitted: true, probe: false })
    })

    test('a probe that was abandoned makes way at once; one of a replica that died, when its time is up', async () => {
      const { replicas, pass } = await opened()
      const [here, there] = replicas
      for (let call = 0; call < RULES.failures; call += 1) await fail(here, 'a')
      await pass(RULES.restMs)
      await here.settle('a', 'abandoned', await probeOf(here, 'a'))
      await probeOf(there, 'a')
      expect(await here.admit('a')).toMatchObject({ admitted: false })
      await pass(RULES.probeMs)
      await probeOf(here, 'a')
    })

    test(`agrees with the rules whatever happens in whatever order (seed ${SEED})`, { timeout: 120_000 }, async () => {
      const happening = oneof(
        record({ type: constantFrom('admit' as const), agent: nat(1), replica: nat(1) }),
        record({
          type: constantFrom('settle' as const),
          agent: nat(1),
          replica: nat(1),
          outcome: constantFrom<CallOutcome>('success', 'failure', 'failure', 'abandoned'),
          probe: boolean(),
        }),
        record({ type: constantFrom('fail' as const), agent: nat(1), replica: nat(1) }),
        record({ type: constantFrom('pass' as const), steps: integer({ min: 1, max: 5 }) }),
      )
      const property = asyncProperty(array(happening, { minLength: 5, maxLength: 40 }), async (happenings) => {
        const { replicas, now, pass, dispose } = await open(RULES)
        const model = createModel()
        try {
          for (const each of happenings) {
            if (each.type === 'pass') {
              await pass(each.steps * STEP_MS)
              model.pass(each.steps * STEP_MS)
              continue
            }
            const agent = `agent ${each.agent}`
            const replica = replicas[each.replica] as Breakers
            if (each.type === 'settle') {
              await replica.settle(agent, each.outcome, each)
              model.settle(agent, each.outcome, each.probe)
            } else {
              const admission = await replica.admit(agent)
              const expected = model.admit(agent)
              expect(fromNow(admission, await now())).toEqual(near(fromNow(expected, model.now)))
              if (each.type === 'fail' && admission.admitted) {
                await replica.settle(agent, 'failure', admission)
                model.settle(agent, 'failure', admission.probe)
              }
            }
            for (const [id, report] of await replica.read(['agent 0', 'agent 1']))
              expect(fromNow(report, await now())).toEqual(near(fromNow(model.report(id), model.now)))
          }
        } finally {
          await dispose()
        }
      })
      await assert(property, { seed: SEED, numRuns: 60 })
    })
  })
}

async function fail(breakers: Breakers, agent: string): Promise<void> {
  const admission = await breakers.admit(agent)
  if (!admission.admitted) throw new Error('it was refused')
  await breakers.settle(agent, 'failure', admission)
}

async function probeOf(breakers: Breakers, agent: string): Promise<{ probe: boolean }> {
  const admission = await breakers.admit(agent)
  expect(admission).toEqual({ admitted: true, probe: true })
  return { probe: true }
}

/** The pure rules over a map, by a clock of its own. */
function createModel() {
  const records = new Map<string, BreakerRecord>()
  const recordOf = (agent: string): BreakerRecord => records.get(agent) ?? CLOSED
  let now = 0
  return {
    get now() {
      return now
    },
    pass(ms: number) {
      now += ms
    },
    admit(agent: string): Admission {
      const { record, admission } = admitCall(recordOf(agent), now, RULES)
      records.set(agent, record)
      return admission
    },
    settle(agent: string, outcome: CallOutcome, probe: boolean) {
      records.set(agent, settleCall(recordOf(agent), { outcome, probe }, now, RULES))
    },
    report: (agent: string): BreakerReport => toBreakerReport(recordOf(agent), now),
  }
}

/** The same with how long it is until then, in place of when. */
function fromNow<Answer extends object>(answer: Answer, now: number): Answer {
  return 'retryAt' in answer && typeof answer.retryAt === 'number' ? { ...answer, retryAt: answer.retryAt - now } : answer
}

function near<Answer extends object>(answer: Answer): unknown {
  if (!('retryAt' in answer) || typeof answer.retryAt !== 'number') return answer
  const wanted = answer.retryAt
  return { ...answer, retryAt: expect.toSatisfy((actual: number) => Math.abs(actual - wanted) < NEAR_MS, `about ${wanted}`) as unknown }
}
