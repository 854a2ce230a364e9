import { expect, it } from 'vitest'

import { toCount, toElapsed, toMoney } from './amounts.ts'

it('says how many in few figures', () => {
  expect([0, 999, 1_000, 9_949, 12_345, 999_400, 1_250_000].map(toCount)).toEqual(['0', '999', '1.0k', '9.9k', '12k', '999k', '1.3M'])
})

it('tells what is free from what has no known price', () => {
  expect([0, null, 0.00001, 0.0118, 1.5].map(toMoney)).toEqual(['$0', 'price unknown', '< $0.0001', '$0.0118', '$1.50'])
})

it('says how long something took as one would on a watch', () => {
  expect([-5, 420, 4_260, 59_900, 185_000, 3_723_000].map(toElapsed)).toEqual(['0 ms', '420 ms', '4.3 s', '59 s', '3:05', '1:02:03'])
})
