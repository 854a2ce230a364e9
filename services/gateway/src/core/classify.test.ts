import { AppError } from '@signalbox/errors'
import { expect, test, vi } from 'vitest'

import { createBoundedMap } from './bounded-map.ts'
import { classify, type Classifier, type ClassifyOptions } from './classify.ts'

const QUESTION = { question: 'compare', conversation: '' }
const yes: Classifier = async () => ({ needs_orchestration: true, reason: 'two things' })
const caller = (signal = new AbortController().signal) => ({ owner: 'ann', signal })

function optionsWith(classifier: Classifier, timeoutMs = 1_000): ClassifyOptions & { failures: AppError[] } {
  const failures: AppError[] = []
  return { classifier, timeoutMs, cache: createBoundedMap({ maxEntries: 10, maxAgeMs: 1_000 }), onFailure: (error) => failures.push(error), failures }
}

test('its verdict is the decision', async () => {
  expect(await classify(QUESTION, caller(), optionsWith(yes))).toEqual({ needs_orchestration: true, reason: 'two things', source: 'classifier' })
})

test('a classifier that does not listen to its signal is not waited for', async () => {
  const options = optionsWith(() => new Promise(() => undefined), 5)
  expect(await classify(QUESTION, caller(), options)).toMatchObject({ needs_orchestration: false, source: 'fail_open' })
  expect(options.failures.map(({ code }) => code)).toEqual(['deadline_exceeded'])
})

test('a classifier that throws at once fails open too', async () => {
  const options = optionsWith(() => {
    throw new TypeError('surprise')
  })
  expect(await classify(QUESTION, caller(), options)).toMatchObject({ needs_orchestration: false, source: 'fail_open' })
  expect(options.failures).toHaveLength(1)
})

test('failures are not remembered', async () => {
  const classifier = vi.fn<Classifier>().mockRejectedValueOnce(new AppError('upstream_failed', 'no')).mockImplementation(yes)
  const options = optionsWith(classifier)
  await classify(QUESTION, caller(), options)
  expect(await classify(QUESTION, caller(), options)).toMatchObject({ source: 'classifier' })
  expect(await classify(QUESTION, caller(), options)).toMatchObject({ source: 'cache' })
  expect(classifier).toHaveBeenCalledTimes(2)
})

test('when the caller leaves, the classifier is told, and no decision is made', async () => {
  const leaving = new AbortController()
  let told: AbortSignal | undefined
  const options = optionsWith((_question, signal) => {
    told = signal
    leaving.abort()
    return new Promise(() => undefined)
  }, 3_600_000)
  await expect(classify(QUESTION, caller(leaving.signal), options)).rejects.toMatchObject({ code: 'canceled' })
  expect(told?.aborted).toBe(true)
  expect(options.failures).toEqual([])
})
