import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { textOf } from '../model.ts'
import { createTurnWriter, type WriterTarget } from './turn-writer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first piece goes out at once, those within 30 ms of it together, and one after a pause at once again', () => {
  const { writer, written } = writerWith()
  writer.text('a')
  expect(written).toEqual(['answer: a'])
  writer.text('b')
  vi.advanceTimersByTime(10)
  writer.text('c')
  expect(written).toHaveLength(1)
  vi.advanceTimersByTime(20)
  expect(written).toEqual(['answer: a', 'answer: bc'])
  vi.advanceTimersByTime(30)
  writer.text('d')
  expect(written).toEqual(['answer: a', 'answer: bc', 'answer: d'])
})

test('text never waits longer than 30 ms, however fast it comes', () => {
  const { writer, written } = writerWith()
  for (let ms = 0; ms < 300; ms += 1) {
    writer.text('x')
    vi.advanceTimersByTime(1)
  }
  expect(written.length).toBeGreaterThanOrEqual(10)
  vi.advanceTimersByTime(30)
  expect(written.map((line) => line.replace('answer: ', '')).join('')).toBe('x'.repeat(300))
})

test('much text does not wait', () => {
  const { writer, written } = writerWith()
  writer.text('a')
  writer.text('x'.repeat(10_000))
  expect(written).toHaveLength(2)
})

test('any other word, and text for another artifact, comes after the text that waited', () => {
  const { writer, written } = writerWith()
  writer.text('a')
  writer.text('b')
  writer.text('c', 'other')
  writer.text('d', 'other')
  writer.working('busy')
  writer.text('e')
  writer.artifact({ artifactId: 'data', parts: [] })
  writer.text('f')
  writer.complete({ text: 'done' })
  expect(written).toEqual(['answer: a', 'answer: b', 'other: cd', 'working busy', 'answer: e', 'data: ', 'answer: f', 'completed done'])
})

test('no text is no event', () => {
  const { writer, written } = writerWith()
  writer.text('')
  vi.advanceTimersByTime(100)
  expect(written).toEqual([])
})

test('text that waits when the turn is ended from outside is not an error', () => {
  const { writer, target } = writerWith()
  writer.text('a')
  writer.text('b')
  target.artifact = () => {
    throw new Error('the turn is over')
  }
  vi.advanceTimersByTime(100)
})

test('artifacts without an id get one each', () => {
  const { writer, written } = writerWith()
  writer.artifact({ parts: [{ kind: 'text', text: 'x' }] })
  writer.artifact({ parts: [{ kind: 'text', text: 'y' }] })
  expect(written).toEqual(['artifact-1: x', 'artifact-2: y'])
})

function writerWith() {
  const written: string[] = []
  const target: WriterTarget = {
    requireOpen: () => undefined,
    status: (state, { text }) => void written.push(`${state} ${text}`),
    fail: ({ message }) => void written.push(`failed ${message}`),
    artifact: ({ artifactId, parts }) => void written.push(`${artifactId}: ${textOf(parts)}`),
    describe: () => undefined,
  }
  return { writer: createTurnWriter(target), written, target }
}
