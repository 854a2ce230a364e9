import { describe, expect, it } from 'vitest'

import { toRedrive, type RedriveWish } from './to-redrive.ts'

const NOTHING: RedriveWish = { node: '', instruction: '', agent: '', tokens: '', usd: '', deadlineS: '' }
const BEFORE = { instruction: 'Fetch it.', agent: 'bank' }

describe('redriving', () => {
  it('asks for all that failed where nothing is said', () => {
    expect(toRedrive(NOTHING, BEFORE)).toEqual({ request: {} })
  })

  it('sends only what was changed of a node', () => {
    expect(toRedrive({ ...NOTHING, node: 'export', instruction: 'Fetch it. ', agent: 'bank' }, BEFORE)).toEqual({ request: { node: 'export' } })
    expect(toRedrive({ ...NOTHING, node: 'export', instruction: 'Fetch it twice.', agent: 'bank2' }, BEFORE)).toEqual({
      request: { node: 'export', instruction: 'Fetch it twice.', agent: 'bank2' },
    })
  })

  it('forgets a node’s changes where all is redriven', () => {
    expect(toRedrive({ ...NOTHING, instruction: 'Other words', agent: 'other' }, BEFORE)).toEqual({ request: {} })
  })

  it('names the limit that is none', () => {
    expect(toRedrive({ ...NOTHING, tokens: '1e5', usd: '0.5', deadlineS: ' 60 ' }, BEFORE)).toEqual({
      request: { budget: { tokens: 100_000, usd: 0.5, deadline_s: 60 } },
    })
    expect(toRedrive({ ...NOTHING, tokens: '1.5' }, BEFORE)).toMatchObject({ field: 'tokens' })
    expect(toRedrive({ ...NOTHING, usd: '-1' }, BEFORE)).toMatchObject({ field: 'usd' })
    expect(toRedrive({ ...NOTHING, deadlineS: 'soon' }, BEFORE)).toMatchObject({ field: 'deadlineS' })
  })
})
