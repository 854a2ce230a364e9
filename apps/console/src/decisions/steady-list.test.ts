import { describe, expect, it } from 'vitest'

import { laidAnew, moved, nextAfter, NO_ROWS, withLatest, withRow, type SteadyList } from './steady-list.ts'

interface Row {
  id: string
  state?: string
}

describe('a list that lives', () => {
  it('shows at once what comes into an empty list', () => {
    expect(idsOf(withLatest<Row>(NO_ROWS, rows('a', 'b')))).toEqual(['a', 'b'])
  })

  it('puts nothing new before or between the rows that are looked at', () => {
    const list = withLatest(laidAnew(rows('a', 'b')), rows('n1', 'a', 'n2', 'b'))
    expect(idsOf(list)).toEqual(['a', 'b'])
    expect(list.fresh.map(({ id }) => id)).toEqual(['n1', 'n2'])
  })

  it('appends what comes after them', () => {
    expect(idsOf(withLatest(laidAnew(rows('a', 'b')), rows('a', 'b', 'c')))).toEqual(['a', 'b', 'c'])
  })

  it('keeps a row in its place that is not in the list any more, and says so', () => {
    const list = withLatest(laidAnew(rows('a', 'b', 'c')), rows('a', 'c'))
    expect(idsOf(list)).toEqual(['a', 'b', 'c'])
    expect([...list.gone]).toEqual(['b'])
  })

  it('does not count the same new row twice', () => {
    let list = laidAnew(rows('a', 'b'))
    for (let time = 0; time < 3; time += 1) list = withLatest(list, rows('n', 'a', 'b'))
    expect(list.fresh).toHaveLength(1)
  })

  it('takes in how shown rows have changed', () => {
    const list = withLatest(laidAnew<Row>(rows('a', 'b')), [{ id: 'a', state: 'extended' }, { id: 'b' }])
    expect(list.rows[0]).toEqual({ id: 'a', state: 'extended' })
    expect(withRow(list, { id: 'b', state: 'approved' }).rows[1]).toEqual({ id: 'b', state: 'approved' })
  })

  it('shows what comes after all that was shown is gone', () => {
    const list = withLatest(laidAnew(rows('a')), [])
    expect([idsOf(list), [...list.gone]]).toEqual([['a'], ['a']])
    expect(idsOf(withLatest(list, rows('b')))).toEqual(['a', 'b'])
  })
})

describe('moving in a list', () => {
  const list = laidAnew(rows('a', 'b', 'c'))

  it('goes down and up, and not beyond the ends', () => {
    expect([moved(list, 'a', 1), moved(list, 'c', 1), moved(list, 'b', -1), moved(list, 'a', -1)].map((row) => row?.id)).toEqual(['b', 'c', 'a', 'a'])
    expect([moved(list, undefined, 1), moved(list, 'gone', -1), moved(laidAnew<Row>([]), undefined, 1)].map((row) => row?.id)).toEqual(['a', 'c', undefined])
  })

  it('goes on after a decision with the next row that waits, or else with the one before', () => {
    const open = (id: string): string | undefined => nextAfter(list, id, () => false)?.id
    expect([open('a'), open('b'), open('c')]).toEqual(['b', 'c', 'b'])
    expect(nextAfter(list, 'a', ({ id }) => id === 'b')?.id).toBe('c')
    expect(nextAfter(withLatest(list, rows('a')), 'a', () => false)).toBeUndefined()
  })
})

function rows(...ids: string[]): Row[] {
  return ids.map((id) => ({ id }))
}

function idsOf(list: SteadyList<Row>): string[] {
  return list.rows.map(({ id }) => id)
}
