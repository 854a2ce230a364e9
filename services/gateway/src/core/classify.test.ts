import { AppError } from '@signalbox/errors'
import { expect, test, vi } from 'vitest'

import { createBoundedMap } from './bounded-map.ts'
import { createClassifying, type Classifier } from './classify.ts'

const QUESTION = { question: 'compare', conversation: '' }
const yes: Classifier = async () => ({ needs_orchestration: true, reason: 'two things' })
const stays = (): AbortSignal => new AbortController().signal

function classifyingWith(classifier: Classifier, timeoutMs = 1_000) {
  const failures: AppError[] = []
  const asked: string[] = []
  const cache = createBoundedMap<{ needs_orchestration: boolean; reason: string }>({ maxEntries: 10, maxAgeMs: 1_000 })
  const options = { classifier, timeoutMs, cache, onFailure: (error: AppError) => failures.push(error), onAsked: (how: string) => asked.push(how) }
  return { ...createClassifying(options), failures, asked }
}

/** A classifier that answers when it is told to. */
function classifierByHand() {
  const calls: { signal: AbortSignal; answer: (complex: boolean) => void; fail: () => void }[] = []
  const classifier: Classifier = (_question, signal) =>
    new Promise((resolve, reject) =>
      calls.push({
        signal,
        answer: (complex) => resolve({ needs_orchestration: complex, reason: 'by hand' }),
        fail: () => reject(new AppError('upstream_failed', 'no')),
      }),
    )
  return { calls, classifier }
}

test('its verdict is the decision', async () => {
  expect(await classifyingWith(yes).ask('ann', QUESTION, stays())).toEqual({ needs_orchestration: true, reason: 'two things', source: 'classifier' })
})

test('a classifier that does not listen to its signal is not waited for', async () => {
  const { ask, failures } = classifyingWith(() => new Promise(() => undefined), 5)
  expect(await ask('ann', QUESTION, stays())).toMatchObject({ needs_orchestration: false, source: 'fail_open' })
  expect(failures.map(({ code }) => code)).toEqual(['deadline_exceeded'])
})

test('a classifier that throws at once fails open too', async () => {
  const { ask, failures } = classifyingWith(() => {
    throw new TypeError('surprise')
  })
  expect(await ask('ann', QUESTION, stays())).toMatchObject({ needs_orchestration: false, source: 'fail_open' })
  expect(failures).toHaveLength(1)
})

test('a verdict is known afterwards to the same owner, for the same question, and to nobody else', async () => {
  const { ask, recall, asked } = classifyingWith(yes)
  expect(recall('ann', QUESTION)).toBeUndefined()
  await ask('ann', QUESTION, stays())
  expect(recall('ann', QUESTION)).toEqual({ needs_orchestration: true, reason: 'two things', source: 'cache' })
  expect(recall('bob', QUESTION)).toBeUndefined()
  expect(recall('ann', { ...QUESTION, conversation: 'user: hi' })).toBeUndefined()
  // What joins the parts of a key is no part of any of them.
  expect(recall('ann","compare', { question: '', conversation: '' })).toBeUndefined()
  expect(asked).toEqual(['miss', 'hit'])
})

test('failures are not remembered', async () => {
  const classifier = vi.fn<Classifier>().mockRejectedValueOnce(new AppError('upstream_failed', 'no')).mockImplementation(yes)
  const { ask, recall } = classifyingWith(classifier)
  await ask('ann', QUESTION, stays())
  expect(recall('ann', QUESTION)).toBeUndefined()
  expect(await ask('ann', QUESTION, stays())).toMatchObject({ source: 'classifier' })
})

test('who asks the same at the same time shares one call; another owner has one of its own', async () => {
  const { calls, classifier } = classifierByHand()
  const { ask, asked } = classifyingWith(classifier)
  const all = Promise.all([ask('ann', QUESTION, stays()), ask('ann', QUESTION, stays()), ask('bob', QUESTION, stays())])
  expect(calls).toHaveLength(2)
  calls[0]?.answer(true)
  calls[1]?.answer(false)
  expect((await all).map(({ needs_orchestration: complex }) => complex)).toEqual([true, true, false])
  expect(asked).toEqual(['miss', 'shared', 'miss'])
})

test('a shared call that fails lets all of them through, with one warning', async () => {
  const { calls, classifier } = classifierByHand()
  const { ask, failures } = classifyingWith(classifier)
  const all = Promise.all([ask('ann', QUESTION, stays()), ask('ann', QUESTION, stays())])
  calls[0]?.fail()
  expect((await all).map(({ source }) => source)).toEqual(['fail_open', 'fail_open'])
  expect(failures).toHaveLength(1)
})

test('when one of two leaves, the other is answered all the same', async () => {
  const { calls, classifier } = classifierByHand()
  const { ask } = classifyingWith(classifier)
  const leaving = new AbortController()
  const left = ask('ann', QUESTION, leaving.signal)
  const stayed = ask('ann', QUESTION, stays())
  leaving.abort()
  await expect(left).rejects.toMatchObject({ code: 'canceled' })
  expect(calls[0]?.signal.aborted).toBe(false)
  calls[0]?.answer(true)
  expect(await stayed).toMatchObject({ source: 'classifier' })
})

test('when all have left, the classifier is told, nobody is warned, and who comes then asks anew', async () => {
  const { calls, classifier } = classifierByHand()
  const { ask, failures } = classifyingWith(classifier, 3_600_000)
  const leaving = new AbortController()
  const left = [ask('ann', QUESTION, leaving.signal), ask('ann', QUESTION, leaving.signal)]
  leaving.abort()
  for (const one of left) await expect(one).rejects.toMatchObject({ code: 'canceled' })
  expect(calls[0]?.signal.aborted).toBe(true)
  expect(failures).toEqual([])
  const next = ask('ann', QUESTION, stays())
  calls[1]?.answer(false)
  expect(await next).toMatchObject({ source: 'classifier', needs_orchestration: false })
})

test('who has left already is not asked for', async () => {
  const { calls, classifier } = classifierByHand()
  await expect(classifyingWith(classifier).ask('ann', QUESTION, AbortSignal.abort())).rejects.toMatchObject({ code: 'canceled' })
  expect(calls).toEqual([])
})
