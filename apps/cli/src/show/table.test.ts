import { expect, test } from 'vitest'

import { displayWidth, fitTo } from './display-width.ts'
import { renderTable, type Column } from './table.ts'

interface Row {
  id: string
  text: string
  more: string
}

const COLUMNS: Column<Row>[] = [
  { title: 'ID', text: ({ id }) => id, align: 'right' },
  { title: 'TEXT', text: ({ text }) => text, shrinks: true },
  { title: 'MORE', text: ({ more }) => more, shrinks: true },
]
const plain = (width: number) => ({ width, paint: (_style: unknown, text: string) => text })

test('columns are as wide as what is in them', () => {
  const rows = [
    { id: '1', text: 'short', more: 'x' },
    { id: '10', text: 'a little longer', more: 'y' },
  ]
  expect(renderTable(rows, COLUMNS, plain(Number.POSITIVE_INFINITY))).toEqual(['ID  TEXT             MORE', ' 1  short            x', '10  a little longer  y'])
})

test('a column that nothing is in is left out', () => {
  expect(renderTable([{ id: '1', text: '', more: 'x' }], COLUMNS, plain(80))).toEqual(['ID  MORE', ' 1  x'])
})

test('a narrow terminal cuts the longest column that may be cut, and no line is wider', () => {
  const lines = renderTable([{ id: '1', text: 'x'.repeat(100), more: 'y'.repeat(50) }], COLUMNS, plain(40))
  expect(lines[1]).toBe(` 1  ${'x'.repeat(16)}…  ${'y'.repeat(16)}…`)
  expect(lines[1]).toHaveLength(40)
})

test('what cannot be cut any more stays wider than the terminal, and is whole', () => {
  const [, line] = renderTable([{ id: 'ses_0123456789', text: 'x'.repeat(100), more: 'y' }], COLUMNS, plain(10))
  expect(line).toContain('ses_0123456789')
  expect(line).toContain('xxxxxxx…')
})

test('wide characters take two columns, and what is put together one place', () => {
  expect(['abc', '日本', 'é', '👩‍💻', '한', 'e\u0301'].map(displayWidth)).toEqual([3, 4, 1, 2, 2, 1])
  expect(fitTo('日本語', 5)).toBe('日本…')
  expect(fitTo('日本語', 4)).toBe('日…')
  expect(fitTo('abc', 3)).toBe('abc')
  const lines = renderTable(
    [
      { id: '1', text: '日本', more: 'x' },
      { id: '2', text: 'abcd', more: 'y' },
    ],
    COLUMNS,
    plain(80),
  )
  expect(lines.slice(1)).toEqual([' 1  日本  x', ' 2  abcd  y'])
})

test('colours are put on after a cell was cut, around its text alone', () => {
  const columns: Column<Row>[] = [{ title: 'TEXT', text: ({ text }) => text, shrinks: true, style: () => 'red' }, ...COLUMNS.slice(2)]
  const [, line] = renderTable([{ id: '', text: 'x'.repeat(30), more: 'y' }], columns, { width: 20, paint: (style, text) => `<${String(style)}:${text}>` })
  expect(line).toBe(`<red:${'x'.repeat(13)}…>  y`)
})
