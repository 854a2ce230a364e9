import { expect, test } from 'vitest'

import { measure, type Answered } from './measure.ts'

test('counts what the model leans to over all, and what the router says over what it answers', () => {
  const measures = measure([
    answered(true, 2, true),
    answered(true, 0.1, undefined),
    answered(true, -0.1, undefined),
    answered(true, -2, false),
    answered(false, -2, false),
    answered(false, 2, true),
  ])
  expect(measures).toMatchObject({
    requests: 6,
    recall: 0.5,
    falseComplex: 0.5,
    balanced: 0.5,
    decidedAccuracy: 0.5,
    decidedBalanced: 0.5,
    decidedFalseComplex: 0.5,
  })
  expect(measures.decided).toBeCloseTo(4 / 6)
  expect(measures.confusion).toEqual({ complex: { complex: 1, simple: 1, unsure: 2 }, simple: { complex: 1, simple: 1, unsure: 0 } })
})

test('says nothing of a kind that a source does not hold', () => {
  expect(measure([answered(false, -2, false)])).toMatchObject({ recall: undefined, balanced: undefined, falseComplex: 0, decidedBalanced: undefined })
})

function answered(needs_orchestration: boolean, score: number, said: boolean | undefined): Answered {
  return {
    source: 'here',
    prompt: '',
    needs_orchestration,
    score,
    verdict: said === undefined ? undefined : { needs_orchestration: said, confidence: 0.9, reason: '' },
  }
}
