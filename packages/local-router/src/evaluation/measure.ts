import type { Example } from '../examples.ts'
import type { LocalVerdict } from '../local-router.ts'

/** A request, what is true of it, what the model leans to and what the router says. */
export interface Answered extends Pick<Example, 'source' | 'needs_orchestration' | 'prompt'> {
  /** Above zero: several capabilities. */
  score: number
  verdict: LocalVerdict | undefined
}

export interface Measures {
  requests: number
  /** Of every request, decided or not, by what the model leans to. Undefined where there are none of a kind. */
  balanced: number | undefined
  recall: number | undefined
  falseComplex: number | undefined
  /** Of what the router answers. */
  decided: number
  decidedAccuracy: number | undefined
  decidedBalanced: number | undefined
  /** Single calls that the router sends to the orchestrator, of all single calls. */
  decidedFalseComplex: number | undefined
  confusion: Confusion
}

/** What was true, and what was said of it. */
export interface Confusion {
  complex: Row
  simple: Row
}

export interface Row {
  complex: number
  simple: number
  unsure: number
}

export function measure(answered: readonly Answered[]): Measures {
  const complex = answered.filter(({ needs_orchestration }) => needs_orchestration)
  const simple = answered.filter(({ needs_orchestration }) => !needs_orchestration)
  const leans = ({ score }: Answered): boolean => score > 0
  const recall = share(complex, leans)
  const falseComplex = share(simple, leans)
  const decided = answered.filter(({ verdict }) => verdict !== undefined)
  const right = ({ verdict, needs_orchestration }: Answered): boolean => verdict?.needs_orchestration === needs_orchestration
  return {
    requests: answered.length,
    balanced: balance(recall, falseComplex),
    recall,
    falseComplex,
    decided: share(answered, ({ verdict }) => verdict !== undefined) ?? 0,
    decidedAccuracy: share(decided, right),
    decidedBalanced: balance(
      share(
        decided.filter(({ needs_orchestration }) => needs_orchestration),
        right,
      ),
      share(
        decided.filter(({ needs_orchestration }) => !needs_orchestration),
        (answer) => !right(answer),
      ),
    ),
    decidedFalseComplex: share(simple, ({ verdict }) => verdict?.needs_orchestration === true),
    confusion: { complex: toRow(complex), simple: toRow(simple) },
  }
}

function toRow(answered: readonly Answered[]): Row {
  const count = (said: boolean | undefined): number => answered.filter(({ verdict }) => verdict?.needs_orchestration === said).length
  return { complex: count(true), simple: count(false), unsure: count(undefined) }
}

function balance(recall: number | undefined, falseComplex: number | undefined): number | undefined {
  return recall === undefined || falseComplex === undefined ? undefined : (recall + 1 - falseComplex) / 2
}

function share<Item>(items: readonly Item[], test: (item: Item) => boolean): number | undefined {
  return items.length === 0 ? undefined : items.filter(test).length / items.length
}
