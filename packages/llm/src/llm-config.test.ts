import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { readConfig, type Environment } from '@signalbox/config'
import { temporaryFolder } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { llmFields, resolveLlm } from './llm-config.ts'
import { toCost } from './prices.ts'

describe('which model a service talks to', () => {
  test('is OpenAI’s, when only its key is set', () => {
    expect(resolved({ OPENAI_API_KEY: 'sk-1' })).toMatchObject({
      baseUrl: 'https://api.openai.com/v1',
      apiKey: 'sk-1',
      model: 'gpt-4o-mini',
      timeoutMs: 60_000,
      idleMs: 30_000,
    })
  })

  test('is at any other endpoint, with or without a key', () => {
    expect(resolved({ LLM_BASE_URL: 'http://127.0.0.1:8010/v1/', LLM_MODEL: 'scripted' })).toMatchObject({
      baseUrl: 'http://127.0.0.1:8010/v1',
      apiKey: undefined,
      model: 'scripted',
    })
    expect(resolved({ LLM_BASE_URL: 'https://llm.example/v1', LLM_API_KEY: 'own', OPENAI_API_KEY: 'sk-1' })).toMatchObject({ apiKey: 'own' })
  })

  test('must be said somehow', () => {
    expect(() => resolved({})).toThrow(/set OPENAI_API_KEY .* or LLM_BASE_URL/)
  })

  test.each([
    ['LLM_BASE_URL', 'ftp://somewhere', 'is not an http(s) URL'],
    ['LLM_BASE_URL', 'http://user:secret@somewhere/v1', 'carries a user name'],
    ['LLM_TIMEOUT_MS', '5', 'is less than 100'],
    ['LLM_TEMPERATURE', 'hot', 'is not a number'],
  ])('is refused with %s=%s', (name, value, fault) => {
    expect(() => resolved({ OPENAI_API_KEY: 'sk-1', [name]: value })).toThrow(`${name}: ${fault}`)
  })
})

describe('prices', () => {
  test('are found for dated versions and behind a vendor’s name', () => {
    const { prices } = resolved({ OPENAI_API_KEY: 'sk-1' })
    const tokens = { prompt: 1_000_000, completion: 1_000_000 }
    expect(toCost(prices, 'gpt-4o-mini', tokens)).toBeCloseTo(0.75)
    expect(toCost(prices, 'gpt-4o-mini-2024-07-18', tokens)).toBeCloseTo(0.75)
    expect(toCost(prices, 'openai/gpt-4o-mini', tokens)).toBeCloseTo(0.75)
    expect(toCost(prices, 'nobody-knows', tokens)).toBeNull()
  })

  test('of a file are put over the well-known ones', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'prices.json')
    writeFileSync(file, '{"models": {"gpt-4o-mini": {"input": 1, "output": 1}, "mine": {"input": 2}}}')
    const { prices } = resolved({ OPENAI_API_KEY: 'sk-1', LLM_PRICES_FILE: file })
    expect(toCost(prices, 'gpt-4o-mini', { prompt: 500_000, completion: 500_000 })).toBe(1)
    expect(toCost(prices, 'mine', { prompt: 500_000, completion: 9 })).toBe(1)
    expect(toCost(prices, 'gpt-4o', { prompt: 1_000_000, completion: 0 })).toBe(2.5)
  })

  test('of a file that is none are refused', () => {
    expect(() => resolved({ OPENAI_API_KEY: 'sk-1', LLM_PRICES_FILE: '/nowhere.json' })).toThrow(/LLM_PRICES_FILE: .*ENOENT/)
  })
})

function resolved(environment: Environment) {
  return resolveLlm('test', readConfig('test', z.object(llmFields), environment)) as ReturnType<typeof resolveLlm> & {
    prices: NonNullable<ReturnType<typeof resolveLlm>['prices']>
  }
}
