import { expect, test } from 'vitest'

import { DEFAULT_PORTS, wire } from './wiring.ts'

const facts = {
  ports: DEFAULT_PORTS,
  dataFolder: '/data',
  serviceToken: 'sbt_0123456789abcdef',
  devApiKey: 'sbx_dev',
  operatorKey: 'sbo_dev',
  consoleFolder: '/console',
}

test('without a model the scripted one stands in, for the classifier too', () => {
  const wiring = wire({}, facts)
  expect(wiring.scripted).toBe(true)
  expect(wiring.services).toContain('mocks')
  expect(wiring.environments.gateway).toMatchObject({
    LLM_BASE_URL: 'http://127.0.0.1:8010/v1',
    LLM_MODEL: 'scripted-large',
    ROUTING_CLASSIFIER_MODEL: 'scripted-small',
  })
})

test('with a key or a base URL the same services talk to the real model', () => {
  for (const environment of [{ OPENAI_API_KEY: 'sk-x' }, { LLM_BASE_URL: 'http://localhost:11434/v1', LLM_MODEL: 'llama' }]) {
    const wiring = wire(environment, facts)
    expect(wiring.scripted).toBe(false)
    expect(wiring.services).not.toContain('mocks')
    expect(wiring.environments.planner).toMatchObject(environment)
  }
})

test('only the gateway listens where the operator says', () => {
  const { environments } = wire({ HOST: '0.0.0.0' }, facts)
  expect(environments.gateway['HOST']).toBe('0.0.0.0')
  expect(environments.orchestrator['HOST']).toBe('127.0.0.1')
  expect(environments.rag['HOST']).toBe('127.0.0.1')
})

test('the operator’s agents join the built-in ones', () => {
  const { environments } = wire({ AGENT_URLS: 'http://agents.internal:9000' }, facts)
  expect(environments.orchestrator['AGENT_URLS']).toBe('http://127.0.0.1:8004,http://127.0.0.1:8003,http://agents.internal:9000')
})

test('a key is made only where the operator set none', () => {
  expect(wire({}, facts).environments.gateway['SIGNALBOX_API_KEYS']).toBe('dev:sbx_dev')
  expect(wire({ SIGNALBOX_API_KEYS: 'mine' }, facts)).toMatchObject({ devKey: false, environments: { gateway: { SIGNALBOX_API_KEYS: 'mine' } } })
})
