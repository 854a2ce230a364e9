import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ConfigError } from '@signalbox/config'
import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { parseRoutingRules, readRoutingFile } from './read-routing-file.ts'

const EXAMPLE = `
version: 1
defaults:
  budget: { usd: 2.5 }
  local: { complex: 0.95 }
rules:
  # Bots never orchestrate.
  - id: bots
    match: { key: 'bot-*' }
    orchestrate: false
  - id: finance
    match: { key: [finance, finance-eu], model: signalbox-* }
    models: ['signalbox-*', 'gpt-4o*']
    aliases: { signalbox-auto: gpt-4.1, fast: gpt-4o-mini }
    budget: { usd: 0.5, tokens: 20000, deadline_s: 120 }
    classifier: false
    local: false
    speculate: false
    sticky: false
  - { id: judge-them-too, match: { model: gpt-4o }, route: auto, local: true }
`

function faultsOf(text: string): readonly string[] {
  try {
    parseRoutingRules(text, 'routing.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('a file is read whole: defaults, then rules in their order', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'routing.yaml')
  await writeFile(path, EXAMPLE)
  expect(await readRoutingFile(path)).toEqual({
    defaults: { budget: { usd: 2.5 }, local: { simple: 0.5, complex: 0.95 } },
    rules: [
      { id: 'bots', match: { key: ['bot-*'] }, orchestrate: false },
      {
        id: 'finance',
        match: { key: ['finance', 'finance-eu'], model: ['signalbox-*'] },
        models: ['signalbox-*', 'gpt-4o*'],
        aliases: { 'signalbox-auto': 'gpt-4.1', 'fast': 'gpt-4o-mini' },
        budget: { usd: 0.5, tokens: 20_000, deadline_s: 120 },
        classifier: false,
        local: false,
        speculate: false,
        sticky: false,
      },
      { id: 'judge-them-too', match: { model: ['gpt-4o'] }, route: 'auto', local: { simple: 0, complex: 0 } },
    ],
  })
})

test('JSON is a way to write it too', () => {
  expect(parseRoutingRules('{"version":1,"rules":[{"id":"a","route":"simple"}]}', 'routing.json').rules).toEqual([{ id: 'a', match: {}, route: 'simple' }])
})

test('every fault is named at once, with its line and its place', () => {
  const text = `version: 2
defaults:
  route: sometimes
  locale: true
rules:
  - id: bad name
    match: { key: [], owner: x }
    models: 7
    aliases: { signalbox-fast: gpt-4o, signalbox-auto: signalbox-simple, 'a*': b }
    budget: { eur: 1 }
    local: { complex: 2 }
    classifier: maybe
  - id: both
    route: complex
    orchestrate: false
  - id: both
    budget: {}
  - id: idle
    match: { key: x }
  - route: simple
`
  expect(faultsOf(text)).toEqual([
    'routing.yaml:1 version: is not 1',
    'routing.yaml:3 defaults.route: is none of auto, simple and complex',
    'routing.yaml:4 defaults.locale: is not known here',
    'routing.yaml:6 rules[0].id: is not made of 1 to 64 letters, digits, _, . and -',
    'routing.yaml:7 rules[0].match.key: names nothing',
    'routing.yaml:7 rules[0].match.owner: is not known here',
    'routing.yaml:8 rules[0].models: is neither a name nor a list of names',
    'routing.yaml:9 rules[0].aliases.signalbox-fast: is none of our aliases, which are signalbox-auto, signalbox-simple, signalbox-orchestrated',
    'routing.yaml:9 rules[0].aliases.signalbox-auto: stands for one of our aliases, not for a model of the upstream',
    'routing.yaml:9 rules[0].aliases.a*: is one name, and no glob',
    'routing.yaml:10 rules[0].budget.eur: is not known here',
    'routing.yaml:10 rules[0].budget: names none of usd, tokens and deadline_s',
    'routing.yaml:11 rules[0].local.complex: is more than 1',
    'routing.yaml:12 rules[0].classifier: is neither true nor false',
    'routing.yaml:14 rules[1].route: is complex, for keys that may not orchestrate',
    'routing.yaml:17 rules[2].budget: names none of usd, tokens and deadline_s',
    'routing.yaml:18 rules[3]: says nothing but whom it is for',
    'routing.yaml:20 rules[4].id: is missing',
  ])
})

test('two rules of one name are refused, and so is one that would be taken for the defaults', () => {
  const text = `version: 1
rules:
  - { id: both, route: complex }
  - { id: both, route: simple }
  - { id: defaults, route: simple }
`
  expect(faultsOf(text)).toEqual(['routing.yaml:4 rules[1].id: is the name of another rule', 'routing.yaml:5 rules[2].id: is the name of another rule'])
})

test.each([
  ['version: [', 'routing.yaml:1'],
  ['- a', 'routing.yaml does not hold a mapping with version, defaults and rules'],
  ['version: 1\nversion: 1', 'routing.yaml:2'],
  ['rules: []', 'routing.yaml:1 version: is not 1'],
  ['version: 1\nrules: {}', 'routing.yaml:2 rules: is not a list of rules'],
])('%j is no such file', (text, fault) => {
  expect(faultsOf(text)[0]).toContain(fault)
})

test('a file that is not there is named', async () => {
  await expect(readRoutingFile('/nowhere/routing.yaml')).rejects.toThrow('/nowhere/routing.yaml cannot be read: ENOENT')
})
