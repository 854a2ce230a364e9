import { expect, test } from 'vitest'
import { z } from 'zod'

import { flag, httpUrl, list, port, wholeNumber } from './fields.ts'
import { ConfigError, readConfig } from './read-config.ts'

const schema = z.object({
  PORT: port(8000),
  UPSTREAM: httpUrl(),
  AGENTS: list(httpUrl()),
  LIMIT: wholeNumber({ min: 1, max: 64, fallback: 8 }),
  VERBOSE: flag(false),
})

test('defaults fill what is not set, and what is set to nothing', () => {
  const config = readConfig('svc', schema, { UPSTREAM: 'http://localhost:1/', LIMIT: '', VERBOSE: ' ' })
  expect(config).toEqual({ PORT: 8000, UPSTREAM: 'http://localhost:1', AGENTS: [], LIMIT: 8, VERBOSE: false })
})

test('every fault is named at once, and no value is repeated', () => {
  const read = () => readConfig('svc', schema, { PORT: 'http-secret', AGENTS: 'ftp://x', LIMIT: '65', VERBOSE: 'maybe' })
  expect(read).toThrow(ConfigError)
  try {
    read()
  } catch (error) {
    const { faults, message } = error as ConfigError
    expect(faults.map((fault) => fault.split(/[: ]/)[0]).toSorted()).toEqual(['AGENTS', 'LIMIT', 'PORT', 'UPSTREAM', 'VERBOSE'])
    expect(faults).toContain('UPSTREAM is not set')
    expect(message).not.toContain('secret')
  }
})

test('a list is separated by commas or blanks', () => {
  const config = readConfig('svc', schema, { UPSTREAM: 'http://a', AGENTS: 'http://a:1, http://b:2/ http://c:3' })
  expect(config.AGENTS).toEqual(['http://a:1', 'http://b:2', 'http://c:3'])
})
