import { describe, expect, it } from 'vitest'

import { parseInline } from './parse-inline.ts'
import { parseMarkdown, type Block } from './parse-markdown.ts'
import { withoutSourceList } from './without-source-list.ts'

describe('the Markdown of an answer', () => {
  it('reads what answers are written in', () => {
    const blocks = parseMarkdown(
      '# Title\n\nOne **bold** and `code`.\nNext line.\n\n- a\n- b\n  - c\n\n1. x\n2. y\n\n> said\n\n```ts\nlet a = 1\n```\n\n---\n\n| A | B |\n|---|---|\n| 1 | **2** |',
    )
    expect(blocks.map(({ type }) => type)).toEqual(['heading', 'paragraph', 'list', 'list', 'quote', 'code', 'rule', 'table'])
    expect(blocks[2]).toMatchObject({ start: undefined, items: [[{ type: 'paragraph' }], [{ type: 'paragraph' }, { type: 'list' }]] })
    expect(blocks[3]).toMatchObject({ start: 1, items: [[{}], [{}]] })
    expect(blocks[5]).toEqual({ type: 'code', language: 'ts', text: 'let a = 1' })
  })

  it('takes code that is still being written for code', () => {
    expect(parseMarkdown('```py\nprint(1)')).toEqual([{ type: 'code', language: 'py', text: 'print(1)' }])
  })

  it('leaves HTML as the text that it is', () => {
    const [block] = parseMarkdown('<img src=x onerror=alert(1)><script>alert(1)</script>')
    expect(block).toEqual({ type: 'paragraph', children: [{ type: 'text', text: '<img src=x onerror=alert(1)><script>alert(1)</script>' }] })
  })

  it('follows no address that does more than open a page', () => {
    for (const target of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      '//evil.example',
      '/console',
      'https://good.example@evil.example',
      'vbscript:x',
      '\u0001javascript:alert(1)',
    ])
      expect(hrefsIn(`[x](${target})`)).toEqual([])
    expect(hrefsIn('[x](https://a.example/b) <https://c.example> https://d.example/e. ![pic](https://f.example/g.png)')).toEqual([
      'https://a.example/b',
      'https://c.example/',
      'https://d.example/e',
      'https://f.example/g.png',
    ])
  })

  it('knows a citation from a link and from an index', () => {
    expect(parseInline('So [1][2], but [3](https://a.example) and a[x].').map(({ type }) => type)).toEqual([
      'text',
      'citation',
      'citation',
      'text',
      'link',
      'text',
    ])
  })

  it('takes names with underscores and lone stars for text', () => {
    expect(parseInline('snake_case_name and 2 * 3 * 4 and **open')).toEqual([{ type: 'text', text: 'snake_case_name and 2 * 3 * 4 and **open' }])
    expect(parseInline('**a *b* c**')).toMatchObject([{ type: 'strong', children: [{}, { type: 'emphasis' }, {}] }])
    expect(parseInline(String.raw`\*not\*`)).toEqual([{ type: 'text', text: '*not*' }])
  })

  it('is quick with text that was made to be slow', () => {
    const began = performance.now()
    for (const bad of [
      '*'.repeat(5_000),
      '['.repeat(5_000),
      '`'.repeat(5_001),
      `${'> '.repeat(2_000)}x`,
      `${'- '.repeat(2_000)}x`,
      '[a]('.repeat(2_000),
      `|${'-|'.repeat(3_000)}`,
      '_a '.repeat(4_000),
    ])
      parseMarkdown(bad)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('loses no word, wherever the text is cut while it streams', () => {
    const text = 'A **bold** word, [link](https://a.example), `code` and\n\n- item one\n- item two\n\n```js\nx\n```\n'
    for (let at = 0; at <= text.length; at += 1) expect(() => parseMarkdown(text.slice(0, at))).not.toThrow()
    expect(JSON.stringify(parseMarkdown(text))).toContain('item two')
  })
})

describe('the list of sources at an answer’s end', () => {
  const citations = [
    { n: 1, source: 'a.md', title: '', start: 0, end: 9 },
    { n: 2, source: 'b.md', title: '', start: 3, end: 5 },
  ]

  it('is left out where the same list stands below', () => {
    expect(withoutSourceList('So it is [1][2].\n\nSources:\n[1] a.md (0–9)\n[2] b.md (3–5)\n', citations)).toBe('So it is [1][2].')
  })

  it('stays where it says anything else', () => {
    for (const text of ['So.\n\nSources:\n[1] other.md (0–9)', 'So.\n\nSources:\n[3] a.md', 'Sources: [1] a.md', 'So.\n\nSources:\n[1] a.md\nand more'])
      expect(withoutSourceList(text, citations)).toBe(text)
  })
})

function hrefsIn(text: string): string[] {
  return parseMarkdown(text).flatMap((block: Block) =>
    'children' in block ? block.children.flatMap((child) => (child.type === 'link' ? [child.href] : [])) : [],
  )
}
