import type { Approval } from '@signalbox/contracts'
import { expect, it } from 'vitest'

import { isSelectable, MOST } from './selection.ts'

it('only what waits, is of low risk and was not edited can be decided together', () => {
  expect(isSelectable(approval('a'), [])).toBe(true)
  expect(isSelectable(approval('a', { risk: { level: 'medium', reasons: [] } }), [])).toBe(false)
  expect(isSelectable(approval('a', { state: 'approved' }), [])).toBe(false)
  expect(isSelectable(approval('a', { edit: { args: {}, args_sha256: '', by: '', at: '' } }), [])).toBe(false)
})

it('the first that is selected says of which type the others have to be', () => {
  expect(isSelectable(approval('b'), [approval('a')])).toBe(true)
  expect(isSelectable(approval('b', { action: { type: 'refund' } as Approval['action'] }), [approval('a')])).toBe(false)
})

it('no more can be selected than are decided in one call, and each of them can be let go again', () => {
  const full = Array.from({ length: MOST }, (_, index) => approval(`a${index}`))
  expect(isSelectable(approval('b'), full)).toBe(false)
  expect(isSelectable(approval('a0'), full)).toBe(true)
})

function approval(id: string, more: Partial<Approval> = {}): Approval {
  return { id, state: 'pending', risk: { level: 'low', reasons: [] }, edit: null, action: { type: 'notify' }, ...more } as Approval
}
