import { parseInline, type Inline } from './parse-inline.ts'

export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'code'; language: string; text: string }
  | { type: 'list'; start: number | undefined; items: Block[][] }
  | { type: 'quote'; children: Block[] }
  | { type: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' }

/** How deep lists and quotes may stand in each other; deeper than that they are paragraphs. */
const DEEPEST = 8

/**
 * Reads the Markdown that answers use. It takes text that is still being written: a fence that is not closed
 * yet is code to the end. HTML is text like any other.
 */
export function parseMarkdown(text: string, depth = 0): Block[] {
  return parseLines(text.replaceAll('\r\n', '\n').split('\n'), depth)
}

function parseLines(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const line = lines[at] ?? ''
    if (line.trim() === '') {
      at += 1
      continue
    }
    const read =
      readFence(lines, at) ?? readHeading(line, at) ?? readRule(line, at) ?? readTable(lines, at) ?? readQuote(lines, at, depth) ?? readList(lines, at, depth)
    const { block, next } = read ?? readParagraph(lines, at)
    blocks.push(block)
    at = next
  }
  return blocks
}

interface Read {
  block: Block
  next: number
}

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([^\s`]*)/
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/
const RULE = /^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/
const ITEM = /^(\s*)(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/

function readFence(lines: readonly string[], at: number): Read | undefined {
  const [, fence, language = ''] = FENCE.exec(lines[at] ?? '') ?? []
  if (fence === undefined) return undefined
  let end = at + 1
  while (end < lines.length && !(lines[end] ?? '').trim().startsWith(fence)) end += 1
  return { block: { type: 'code', language, text: lines.slice(at + 1, end).join('\n') }, next: end + 1 }
}

function readHeading(line: string, at: number): Read | undefined {
  const [, marks, text] = HEADING.exec(line) ?? []
  if (marks === undefined || text === undefined) return undefined
  return { block: { type: 'heading', level: marks.length, children: parseInline(text) }, next: at + 1 }
}

function readRule(line: string, at: number): Read | undefined {
  return RULE.test(line) ? { block: { type: 'rule' }, next: at + 1 } : undefined
}

function readTable(lines: readonly string[], at: number): Read | undefined {
  const [head, line] = [lines[at] ?? '', lines[at + 1] ?? '']
  if (!head.includes('|') || !/^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/.test(line)) return undefined
  const columns = toCells(head)
  let end = at + 2
  while (end < lines.length && (lines[end] ?? '').includes('|')) end += 1
  const rows = lines.slice(at + 2, end).map((row) => {
    const cells = toCells(row)
    return columns.map((_, index) => parseInline(cells[index] ?? ''))
  })
  return { block: { type: 'table', head: columns.map((cell) => parseInline(cell)), rows }, next: end }
}

function toCells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
}

function readQuote(lines: readonly string[], at: number, depth: number): Read | undefined {
  if (depth >= DEEPEST || !/^\s{0,3}>/.test(lines[at] ?? '')) return undefined
  let end = at
  while (end < lines.length && /^\s{0,3}>/.test(lines[end] ?? '')) end += 1
  const inside = lines.slice(at, end).map((line) => line.replace(/^\s{0,3}> ?/, ''))
  return { block: { type: 'quote', children: parseLines(inside, depth + 1) }, next: end }
}

function readList(lines: readonly string[], at: number, depth: number): Read | undefined {
  const first = ITEM.exec(lines[at] ?? '')
  if (!first || depth >= DEEPEST) return undefined
  const [, indent = '', bullet, number] = first
  const items: string[][] = []
  let next = at
  while (next < lines.length) {
    const line = lines[next] ?? ''
    const [, itsIndent = '', itsBullet, , text = ''] = ITEM.exec(line) ?? []
    const isItem = ITEM.test(line) && itsIndent.length <= indent.length + 1
    if (isItem && (itsBullet === undefined) === (bullet === undefined) && !RULE.test(line)) items.push([text])
    else if (line.trim() === '') {
      // A list goes on over one empty line, if what follows is its own.
      const after = lines[next + 1] ?? ''
      if (after.trim() === '' || !(ITEM.test(after) || /^\s{2,}/.test(after))) break
      items.at(-1)?.push('')
    } else if (/^\s{2,}/.test(line) || (items.length > 0 && !isItem && !startsBlock(line)))
      items.at(-1)?.push(line.slice(Math.min(line.length - line.trimStart().length, indent.length + 4)))
    else break
    next += 1
  }
  const start = number === undefined ? undefined : Number(number)
  return { block: { type: 'list', start, items: items.map((item) => parseLines(item, depth + 1)) }, next: Math.max(next, at + 1) }
}

function readParagraph(lines: readonly string[], at: number): Read {
  let end = at + 1
  while (end < lines.length && (lines[end] ?? '').trim() !== '' && !startsBlock(lines[end] ?? '')) end += 1
  const text = lines
    .slice(at, end)
    .map((line) => line.trim())
    .join('\n')
  return { block: { type: 'paragraph', children: parseInline(text) }, next: end }
}

function startsBlock(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || ITEM.test(line) || /^\s{0,3}>/.test(line)
}
