import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { DEFAULT_SPLIT, splitPassages } from './split-passages.ts'

describe('passages', () => {
  test('a short text is one passage, without the blanks around it', () => {
    expect(pieces('\n\n# Title\n\nSome words.\n\n')).toEqual(['# Title\n\nSome words.'])
  })

  test('a heading begins a new passage once the one before says something', () => {
    const text = `# A\n\n${'About a. '.repeat(40)}\n\n# B\n\n${'About b. '.repeat(40)}`
    const found = pieces(text)
    expect(found.some((piece) => piece.includes('About a') && piece.includes('About b'))).toBe(false)
    expect(found.find((piece) => piece.includes('About b'))).toMatch(/^# B/)
  })

  test('within a section a passage begins with the end of the one before', () => {
    const sentences = Array.from({ length: 60 }, (_, index) => `Sentence number ${index} says a thing.`)
    const text = sentences.join(' ')
    const found = pieces(text)
    expect(found.length).toBeGreaterThan(2)
    for (const [index, piece] of found.slice(1).entries()) expect(found[index]).toContain(piece.slice(0, 30))
  })

  test('sentences are kept whole where they can be', () => {
    for (const piece of pieces(Array.from({ length: 60 }, (_, index) => `Sentence number ${index} says a thing.`).join(' ')))
      expect(piece).toMatch(/^Sentence .*thing\.$/s)
  })

  test('front matter is not part of what a document says', () => {
    expect(pieces('---\ntitle: T\n---\nBody.')).toEqual(['Body.'])
  })

  test('sentences end where they end in other scripts, and no character is parted', () => {
    const found = pieces(`${'これは文です。'.repeat(200)}x${'😀'.repeat(1_001)}`)
    expect(found.length).toBeGreaterThan(3)
    for (const piece of found) expect(piece.isWellFormed()).toBe(true)
    expect(found[0]).toMatch(/。$/)
  })

  test('a text of nothing has no passages', () => {
    expect(pieces('  \n\n ')).toEqual([])
  })

  test('whatever the text: in order, within size, none without words, and every word in one of them', () => {
    const word = fc.oneof(
      fc.constantFrom('\n', '\n\n', '# ', '. ', ' '),
      fc.string({ maxLength: 12 }),
      fc.string({ maxLength: 60, unit: 'binary' }),
      fc.string({ minLength: 200, maxLength: 300 }),
    )
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 120 }).map((words) => words.join('')),
        fc.integer({ min: 40, max: 200 }),
        (text, size) => {
          fc.pre(!text.startsWith('---'))
          const spans = splitPassages(text, { size, overlap: Math.floor(size / 5) })
          let covered = 0
          for (const [index, { start, end }] of spans.entries()) {
            expect(end).toBeGreaterThan(start)
            expect(end - start).toBeLessThanOrEqual(size)
            expect(text.slice(start, end)).toBe(text.slice(start, end).trim())
            expect(text.slice(start, end).isWellFormed()).toBe(true)
            if (index > 0) expect(start).toBeGreaterThan(spans[index - 1]?.start as number)
            if (start > covered) expect(text.slice(covered, start).trim()).toBe('')
            covered = Math.max(covered, end)
          }
          expect(text.slice(covered).trim()).toBe('')
        },
      ),
    )
  })
})

function pieces(text: string): string[] {
  return splitPassages(text, DEFAULT_SPLIT).map(({ start, end }) => text.slice(start, end))
}
