import type { Example } from '../examples.ts'
import { composeExamples } from '../grammar/compose.ts'
import { createRandom } from '../grammar/random.ts'
import { createLocalRouter } from '../local-router.ts'
import { scoreFeatures, type Model } from '../model.ts'
import type { RoutingSet } from '../read-routing-set.ts'
import { leaveOneSourceOut, toSamples } from '../training/train-router.ts'
import type { Sample } from '../training/fit.ts'
import type { Weights } from '../weights.ts'
import { measure, type Answered, type Measures } from './measure.ts'
import { trainPlainWords } from './plain-words.ts'

export interface Section {
  name: 'in domain' | 'leave one source out' | 'plain words, leave one source out' | 'check set'
  sources: Record<string, Measures>
  total: Measures
  /** Where the model is as good as certain of the opposite of the label, for people to look at. */
  disagreements: { source: string; needs_orchestration: boolean; prompt: string }[]
}

export interface Timing {
  /** Of this process's own time, which others on the machine do not add to. */
  meanCpuMicroseconds: number
  /** By the clock. */
  medianMicroseconds: number
  judgements: number
}

export interface Evaluation {
  sections: Section[]
  timing: Timing
}

export interface EvaluateOptions {
  weights: Weights
  /** Written by hand, never trained on. */
  check: readonly Example[]
  composed: number
  onProgress: (text: string) => void
}

/** Everything that is said of the router: in domain, on sources it was not trained on, and on requests that no source is like. */
export function evaluate({ train, dev }: RoutingSet, { weights, check, composed, onProgress }: EvaluateOptions): Evaluation {
  const { seed } = weights.record
  const known = answer(weights.model, weights, dev, toSamples(dev))
  const checked = answer(weights.model, weights, check, toSamples(check))
  onProgress('reading')
  const real = [...train, ...dev]
  const samples = toSamples(real)
  const trained = [...samples.slice(0, train.length), ...toSamples(composeExamples(createRandom(seed), composed))]
  const unseen: Answered[] = []
  const plain: Answered[] = []
  for (const { source, model } of leaveOneSourceOut(trained, seed, onProgress)) {
    const held = real.map((example, index) => ({ example, sample: samples[index] as Sample })).filter(({ example }) => example.source === source)
    const examples = held.map(({ example }) => example)
    unseen.push(
      ...answer(
        model,
        weights,
        examples,
        held.map(({ sample }) => sample),
      ),
    )
    const score = trainPlainWords(
      train.filter((example) => example.source !== source),
      seed,
    )
    plain.push(...examples.map((example) => ({ ...example, score: score(example.prompt), verdict: undefined })))
  }
  return {
    sections: [
      toSection('in domain', known),
      toSection('leave one source out', unseen),
      toSection('plain words, leave one source out', plain),
      toSection('check set', checked),
    ],
    timing: time(weights, [...dev, ...check]),
  }
}

function answer(model: Model, { band }: Weights, examples: readonly Example[], samples: readonly Sample[]): Answered[] {
  const router = createLocalRouter({ model, band })
  return examples.map((example, index) => ({
    ...example,
    score: scoreFeatures(model, (samples[index] as Sample).features),
    verdict: router.judge({ question: example.prompt, conversation: '' }),
  }))
}

const AS_GOOD_AS_CERTAIN = 0.97

function toSection(name: Section['name'], answered: readonly Answered[]): Section {
  const sources = [...new Set(answered.map(({ source }) => source))].toSorted()
  return {
    name,
    sources: Object.fromEntries(sources.map((source) => [source, measure(answered.filter((answer) => answer.source === source))])),
    total: measure(answered),
    disagreements: answered
      .filter(({ verdict, needs_orchestration }) => verdict && verdict.needs_orchestration !== needs_orchestration && verdict.confidence > AS_GOOD_AS_CERTAIN)
      .map(({ source, needs_orchestration, prompt }) => ({ source, needs_orchestration, prompt })),
  }
}

const ROUNDS = 3

function time(weights: Weights, examples: readonly Example[]): Timing {
  const router = createLocalRouter(weights)
  const judgeAll = (): number[] =>
    examples.map(({ prompt }) => {
      const start = performance.now()
      router.judge({ question: prompt, conversation: '' })
      return (performance.now() - start) * 1_000
    })
  // The first rounds are the compiler's.
  for (let round = 1; round < ROUNDS; round++) judgeAll()
  const before = process.cpuUsage()
  const taken = judgeAll().toSorted((one, other) => one - other)
  const { user, system } = process.cpuUsage(before)
  return { judgements: taken.length, meanCpuMicroseconds: (user + system) / taken.length, medianMicroseconds: taken[Math.floor(taken.length / 2)] ?? 0 }
}
