import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import { eventually } from '@signalbox/testing'

import { createDice, type Dice } from '../dice.ts'
import { openHouse, type House } from '../house.ts'
import { nodeOf, WORKERS } from '../plans.ts'
import { SQLITE } from '../stores.ts'
import { ask, type Asking, type Got } from './ask.ts'
import { startFaultyModel } from './faulty-model.ts'
import { startGatewayProcess, type Memory } from './gateway-process.ts'
import * as judges from './judge.ts'
import { slopeOf, type Sample } from './slope.ts'

export interface SoakOptions {
  seconds: number
  seed: number
  /** Callers at a time. */
  callers: number
  /** Told now and then how it goes. */
  say?: (line: string) => void
}

export interface SoakReport {
  seconds: number
  requests: number
  /** By kind of request and how it ended: `stream 200 whole`. */
  outcomes: Record<string, number>
  /** How the model behaved. */
  model: Record<string, number>
  /** What was wrong, in words. Nothing should be. */
  wrong: string[]
  /** Requests that the model still saw when everybody had gone. */
  leftOpen: number
  /** What the gateway logged of what nobody foresaw. */
  faults: readonly string[]
  /** Of samples after the first fifth, megabytes. `growth` is what the nearest line grows by over that time. */
  memory: { rss: Trend; heap: Trend; external: Trend }
}

export interface Trend {
  first: number
  last: number
  growth: number
}

interface Kind {
  name: string
  weight: number
  judge: judges.Judge
  asking(mark: string, dice: Dice): Pick<Asking, 'path' | 'body' | 'headers' | 'leaveAfter' | 'rest'>
}

const KEYS = ['sbx_soak_ann', 'sbx_soak_bob']
const MEGABYTE = 1_048_576

const chat = (mark: string, more: object = {}): { path: string; body: object } => ({
  path: '/v1/chat/completions',
  body: { model: 'signalbox-simple', messages: [{ role: 'user', content: `Say ${mark}.` }], ...more },
})
const orchestrated = (mark: string, more: object = {}): { path: string; body: object } => chat(mark, { model: 'signalbox-orchestrated', ...more })
const soon = (dice: Dice): NonNullable<Asking['leaveAfter']> => ({ bytes: dice.between(1, 3_000), milliseconds: dice.between(1, 400) })

const KINDS: readonly Kind[] = [
  { name: 'whole', weight: 24, judge: judges.judgeWhole, asking: (mark) => chat(mark) },
  { name: 'stream', weight: 24, judge: judges.judgeStream, asking: (mark) => chat(mark, { stream: true }) },
  { name: 'whole, leaving', weight: 6, judge: judges.judgeWhole, asking: (mark, dice) => ({ ...chat(mark), leaveAfter: soon(dice) }) },
  { name: 'stream, leaving', weight: 10, judge: judges.judgeStream, asking: (mark, dice) => ({ ...chat(mark, { stream: true }), leaveAfter: soon(dice) }) },
  {
    name: 'stream, read slowly',
    weight: 6,
    judge: judges.judgeStream,
    asking: (mark, dice) => ({ ...chat(mark, { stream: true }), rest: dice.between(5, 60) }),
  },
  { name: 'routed', weight: 8, judge: judges.judgeRouted, asking: (mark) => chat(mark, { model: 'signalbox-auto', stream: true }) },
  {
    name: 'routed to a session',
    weight: 3,
    judge: judges.judgeRouted,
    asking: (mark) =>
      chat(mark, {
        model: 'signalbox-auto',
        stream: true,
        messages: [{ role: 'user', content: `Please orchestrate this: compare ${mark} with what the documents say.` }],
      }),
  },
  { name: 'session, stream', weight: 4, judge: judges.judgeComplexStream, asking: (mark) => orchestrated(mark, { stream: true }) },
  { name: 'session, whole', weight: 3, judge: judges.judgeComplexWhole, asking: (mark) => orchestrated(mark) },
  {
    name: 'session, leaving',
    weight: 3,
    judge: judges.judgeComplexStream,
    asking: (mark, dice) => ({ ...orchestrated(mark, { stream: true }), leaveAfter: soon(dice) }),
  },
  { name: 'embedding', weight: 5, judge: judges.judgeEmbedding, asking: (mark) => ({ path: '/v1/embeddings', body: { model: 'soaked', input: mark } }) },
  {
    name: 'refused',
    weight: 4,
    judge: judges.judgeRefusal,
    asking: (mark, dice) => ({
      path: '/v1/chat/completions',
      body: dice.pick(['', '{', '[]', '{"model":"signalbox-simple","messages":[]}', `{"model":7,"messages":["${mark}"]}`]),
    }),
  },
]

/** Callers of every kind, at once, before a model that fails all the time. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, seed, callers, say = () => undefined } = options
  await using model = await startFaultyModel(seed)
  await using house = await openHouse(SQLITE, { replicas: 1 })
  await using gateway = await startGatewayProcess({
    SIGNALBOX_API_KEYS: KEYS.map((key, index) => `caller${index}:${key}`).join(),
    LLM_BASE_URL: model.baseUrl,
    LLM_API_KEY: 'sk-soak',
    LLM_MODEL: 'soaked',
    ORCHESTRATOR_URL: house.replica(0).url,
    UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '3000',
    UPSTREAM_IDLE_TIMEOUT_MS: '2000',
    ROUTING_CLASSIFIER_TIMEOUT_MS: '1000',
    ROUTING_CACHE_ENTRIES: '100',
  })
  const outcomes: Record<string, number> = {}
  const wrong: string[] = []
  const samples: (readonly [at: number, memory: Memory])[] = []
  const kinds = await kindsThere(gateway.url)
  const beganAt = performance.now()
  const elapsed = (): number => (performance.now() - beganAt) / 1_000
  let requests = 0

  async function call(index: number): Promise<void> {
    const dice = createDice(seed * 1_000 + index)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (elapsed() < seconds) {
      const kind = pickKind(kinds, dice)
      const mark = `m${++requests}x`
      layPlan(house, mark, dice)
      const got = await ask({ url: gateway.url, key: dice.pick(KEYS), agent, ...kind.asking(mark, dice) })
      const outcome = `${kind.name} ${got.status} ${got.end}`
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      const fault = judged(kind.judge, got, mark)
      if (fault !== undefined) wrong.push(`${mark} (${kind.name}) ${fault}`)
      await pause(dice.between(5, 80))
    }
    agent.destroy()
  }

  async function measure(): Promise<void> {
    while (elapsed() < seconds) {
      await pause(Math.min(5_000, seconds * 25))
      const memory = await gateway.memory()
      samples.push([elapsed(), memory])
      say(
        `${elapsed().toFixed(0)} s: ${requests} requests, ${wrong.length} wrong, RSS ${(memory.rss / MEGABYTE).toFixed(1)} MB, heap ${(memory.heapUsed / MEGABYTE).toFixed(1)} MB`,
      )
    }
  }

  await Promise.all([...Array.from({ length: callers }, (_, index) => call(index)), measure()])
  // A hedge, a retry or a speculation may still be on its way out.
  const leftOpen = await eventually('the model is left alone', () => model.openRequests() === 0, 15_000).then(
    () => 0,
    () => model.openRequests(),
  )
  const steady = samples.filter(([at]) => at > seconds / 5)
  const trend = (of: keyof Memory): Trend => toTrend(steady.map(([at, memory]) => [at, memory[of] / MEGABYTE]))
  return {
    seconds,
    requests,
    outcomes,
    model: Object.fromEntries(model.answered),
    wrong,
    leftOpen,
    faults: gateway.faults(),
    memory: { rss: trend('rss'), heap: trend('heapUsed'), external: trend('external') },
  }
}

/** What the planner draws for a question with that mark: one node, told to say it. */
function layPlan(house: House, mark: string, dice: Dice): void {
  for (const goal of [`Say ${mark}.`, `Please orchestrate this: compare ${mark} with what the documents say.`]) {
    const answer = nodeOf({ id: 'answer', agent: dice.pick(WORKERS), instruction: `pause=${dice.between(0, 80)} words=${dice.between(1, 6)} says=${mark}` })
    house.plans.set(goal, { goal, nodes: [answer], answer: 'answer' })
  }
  // A plan is drawn once, and soon.
  if (house.plans.size > 4_000) for (const goal of [...house.plans.keys()].slice(0, 2_000)) house.plans.delete(goal)
}

/** Of all kinds, those that this gateway has a way for. */
async function kindsThere(url: string): Promise<Kind[]> {
  const { status } = await fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${KEYS[0]}`, 'content-type': 'application/json' },
    body: '{',
  })
  return KINDS.filter(({ name }) => name !== 'embedding' || status === 400)
}

function pickKind(kinds: readonly Kind[], dice: Dice): Kind {
  let left = dice.between(
    1,
    kinds.reduce((sum, { weight }) => sum + weight, 0),
  )
  return kinds.find(({ weight }) => (left -= weight) <= 0) as Kind
}

function judged(judge: judges.Judge, got: Got, mark: string): string | undefined {
  try {
    return judge(got, mark)
  } catch (error) {
    return `cannot be read (${(error as Error).message}): ${got.text.slice(0, 200)}`
  }
}

function toTrend(samples: readonly Sample[]): Trend {
  const [first = [0, 0], last = first] = [samples[0], samples.at(-1)]
  return { first: first[1], last: last[1], growth: slopeOf(samples) * (last[0] - first[0]) }
}
