import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { startApi, type TestApi } from './fixtures/api.ts'
import { runHere, type Outcome } from './fixtures/run-cli.ts'

let api: TestApi
beforeEach(async () => {
  api = await startApi()
  for (let index = 0; index < 120; index++) api.note({ decision: 'approve', index })
})
afterEach(async () => {
  await api[Symbol.asyncDispose]()
})
const cli = (...args: string[]): Promise<Outcome> => runHere(['audit', ...args], api)

test('list tells who did what and when, newest first', async () => {
  const { stdout, stderr } = await cli('list', '--kind', 'approval.decided', '--about', 'apr_1', '--limit', '2')
  expect(stdout).toMatch(/^120 +2026-11-21 08:00:00Z +local \(cli\) +approval\.decided +apr_1 +decision: approve, index: 119$/m)
  expect(stderr).toBe('118 more: --limit 120\n')
  expect(api.taken.at(-1)?.path).toBe('/v1/audit?kind=approval.decided&about=apr_1&limit=2')
})

describe('verify', () => {
  test('tells that the record is whole, and its head', async () => {
    const head = api.audit.at(-1)?.hash
    expect(await cli('verify')).toEqual({ code: 0, stdout: `The record is whole: 120 entries, head ${head}\n`, stderr: '' })
    expect(await cli('verify', '--here')).toEqual({ code: 0, stdout: `The record is whole: 120 entries, head ${head}\n`, stderr: '' })
  })

  test('ends with 1 where the gateway says that it is not', async () => {
    api.verdict = { ok: false, entries: 120, head: 'x', broken: { seq: 7, why: 'its hash does not fit' } }
    expect(await cli('verify')).toMatchObject({ code: 1, stdout: 'The record is not whole: entry 7: its hash does not fit\n' })
    expect(await cli('verify', '--json')).toMatchObject({ code: 1 })
  })

  test.each<[string, () => void, RegExp]>([
    ['an entry was changed', () => void ((api.audit[6] as { facts: object }).facts = { decision: 'reject' }), /entry 7: it is not what it was/],
    ['an entry was left out', () => void api.audit.splice(6, 1), /entry 8: it follows 6/],
    ['the beginning was left out', () => void api.audit.splice(0, 5), /entry 6: what came before it is missing/],
  ])('computed here finds out that %s', async (_name, tamper, found) => {
    tamper()
    const { code, stdout } = await cli('verify', '--here')
    expect([code, stdout]).toEqual([1, expect.stringMatching(found)])
  })

  test('with a head that was kept finds out that the end was cut off', async () => {
    const head = api.audit.at(-1)?.hash ?? ''
    expect((await cli('verify', '--head', head)).code).toBe(0)
    api.note({})
    expect((await cli('verify', '--head', head)).code).toBe(0)
    api.audit.splice(100)
    expect(await cli('verify', '--head', head)).toMatchObject({ code: 1, stdout: expect.stringContaining('is not in the record') })
  })
})
