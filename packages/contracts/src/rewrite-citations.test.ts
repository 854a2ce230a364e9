import { describe, expect, test } from 'vitest'

import { createCitationRewriter, rewriteCitations, type ResolveCitation } from './rewrite-citations.ts'

/** Eight sources, numbered anew in the order of their first use. */
function renumbering(): ResolveCitation {
  const numbers = new Map<number, number>()
  return (n) => {
    if (n > 8) return undefined
    if (!numbers.has(n)) numbers.set(n, numbers.size + 1)
    return numbers.get(n)
  }
}

const TABLE: [what: string, text: string, expected: string][] = [
  ['text without citations as it is', 'Nothing to see here, [really] (none).', 'Nothing to see here, [really] (none).'],
  ['citations in the order of their first use', 'One [5], two [2], again [5].', 'One [1], two [2], again [1].'],
  ['no citations of sources that do not exist, nor the blank before them', 'True [3]. False [9]. Both [9][3].', 'True [1]. False. Both[1].'],
  ['lists', 'All [4, 2;7].', 'All [1][2][3].'],
  ['ranges', 'All [2-4] and [6–5].', 'All [1][2][3] and [4][5].'],
  ['lists of which some exist', 'Some [2, 99].', 'Some [1].'],
  ['each number of a list once', 'Twice [2, 2].', 'Twice [1].'],
  ['citations glued to words', 'In 1913[2].', 'In 1913[1].'],
  ['citations at the start and at the end', '[3] first, last [1]', '[1] first, last [2]'],
  ['years and other long numbers', 'The report [2024] of [12345].', 'The report [2024] of [12345].'],
  ['intervals and indices that hold a 0', 'On [0, 1] and a[0].', 'On [0, 1] and a[0].'],
  ['links', 'See [1](https://example.org) and [2].', 'See [1](https://example.org) and [1].'],
  ['code in a line', 'Take `list[2]` and ``a`[3]`` [4].', 'Take `list[2]` and ``a`[3]`` [1].'],
  ['code in fences', 'So:\n```js\nlist[2] = `${list[3]}`\n```\nas said [4].', 'So:\n```js\nlist[2] = `${list[3]}`\n```\nas said [1].'],
  ['citations after a stray backtick, from the next paragraph on', 'A ` stray [2].\n\nNext [3].', 'A ` stray [2].\n\nNext [1].'],
  ['brackets that never close', 'Open [3', 'Open [3'],
  ['blanks at the end', 'Done [3]  \n ', 'Done [1]  \n '],
  ['more blanks than anybody needs', `Wide${' '.repeat(20)}[9].`, `Wide${' '.repeat(12)}.`],
  ['brackets in brackets', 'Odd [[3]] and [a [4]].', 'Odd [[1]] and [a [2]].'],
]

describe('rewriting a whole text keeps or renumbers', () => {
  test.each(TABLE)('%s', (_what, text, expected) => {
    expect(rewriteCitations(text, renumbering())).toBe(expected)
  })
})

describe('rewriting a stream gives the same', () => {
  test.each(TABLE)('at every split into two, for %s', (_what, text, expected) => {
    for (let at = 0; at <= text.length; at++) {
      expect(streamed([text.slice(0, at), text.slice(at)]), `split at ${at}`).toBe(expected)
    }
  })

  test.each(TABLE)('at every split into three, for %s', (_what, text, expected) => {
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        expect(streamed([text.slice(0, first), text.slice(first, second), text.slice(second)])).toBe(expected)
      }
    }
  })

  test.each(TABLE)('letter by letter, for %s', (_what, text, expected) => {
    expect(streamed([...text])).toBe(expected)
  })
})

describe('what is held back', () => {
  test('is only what may still become a citation', () => {
    const rewriter = createCitationRewriter(renumbering())
    expect(rewriter.push('Words come at once [')).toBe('Words come at once')
    expect(rewriter.push('3')).toBe('')
    expect(rewriter.push(', then')).toBe(' [3, then')
    expect(rewriter.push(' more [3]')).toBe(' more')
    expect(rewriter.push('.')).toBe(' [1].')
    expect(rewriter.end()).toBe('')
  })

  test('is never more than a little, whatever comes', () => {
    const rewriter = createCitationRewriter(renumbering())
    const endless = `[${'1, '.repeat(500)}`
    expect(rewriter.push(endless).length + 200).toBeGreaterThan(endless.length)
    const blanks = ' '.repeat(5_000)
    expect(createCitationRewriter(renumbering()).push(blanks).length).toBeGreaterThan(4_000)
  })
})

function streamed(deltas: readonly string[]): string {
  const rewriter = createCitationRewriter(renumbering())
  return deltas.map((delta) => rewriter.push(delta)).join('') + rewriter.end()
}
