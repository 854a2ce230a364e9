import { toSafeLine } from '@signalbox/contracts'

import type { Style, Terminal } from '../terminal.ts'
import { displayWidth, fitTo } from './display-width.ts'

export interface Column<Row> {
  title: string
  /** Text of others may stand in it: it is made safe here. */
  text: (row: Row) => string
  /** May be cut where the terminal is narrow; the longest such column is cut first. */
  shrinks?: boolean
  align?: 'right'
  style?: (row: Row) => Style | undefined
}

const GAP = '  '
const LONGEST_CELL = 200
const NARROWEST = 8

/** Rows as lines that fit the terminal, under their columns' titles. A column that is empty in every row is left out. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], terminal: Pick<Terminal, 'width' | 'paint'>): string[] {
  const filled = columns
    .map((column) => ({ column, cells: rows.map((row) => toSafeLine(column.text(row), LONGEST_CELL)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
  const widths = fitColumns(
    filled.map(({ column, cells }) => ({ natural: Math.max(displayWidth(column.title), ...cells.map(displayWidth)), shrinks: column.shrinks === true })),
    terminal.width,
  )
  const toLine = (cell: (index: number) => string, style: (index: number) => Style | undefined): string =>
    filled
      .map(({ column }, index) => {
        const isLast = index === filled.length - 1
        const text = fitTo(cell(index), widths[index] ?? 0)
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)))
        const wanted = style(index)
        const painted = wanted === undefined ? text : terminal.paint(wanted, text)
        if (column.align === 'right') return space + painted
        return isLast ? painted : painted + space
      })
      .join(GAP)
      .trimEnd()
  return [
    toLine(
      (index) => filled[index]?.column.title ?? '',
      () => 'dim',
    ),
    ...rows.map((row, at) =>
      toLine(
        (index) => filled[index]?.cells[at] ?? '',
        (index) => filled[index]?.column.style?.(row),
      ),
    ),
  ]
}

/** Takes a column at a time from the longest that shrinks, until the line fits or none shrinks any more. */
function fitColumns(columns: readonly { natural: number; shrinks: boolean }[], width: number): number[] {
  const widths = columns.map(({ natural }) => natural)
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1) - width
  while (excess > 0) {
    const longest = widths.reduce((best, each, index) => (columns[index]?.shrinks && each > (widths[best] ?? 0) ? index : best), widths.length)
    const current = widths[longest]
    if (current === undefined || current <= NARROWEST) return widths
    widths[longest] = current - 1
    excess -= 1
  }
  return widths
}
