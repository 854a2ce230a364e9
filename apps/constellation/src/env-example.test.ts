import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { gatewayConfigSchema } from '@signalbox/gateway'
import { mockAgentConfigSchema, mocksConfigSchema } from '@signalbox/mocks'
import { orchestratorConfigSchema } from '@signalbox/orchestrator'
import { plannerConfigSchema } from '@signalbox/planner'
import { ragConfigSchema } from '@signalbox/rag'
import { reasoningConfigSchema } from '@signalbox/reasoning'
import { expect, test } from 'vitest'
import type { z } from 'zod'

import { portsSchema } from './ports.ts'
import { PROJECT_FOLDER } from './sample-knowledge.ts'
import { startConfigSchema } from './start-config.ts'

/** Where two name the same variable, the first says what its default is: most people run `npm start`. */
const SCHEMAS: z.ZodObject[] = [
  startConfigSchema,
  portsSchema,
  gatewayConfigSchema,
  orchestratorConfigSchema,
  plannerConfigSchema,
  reasoningConfigSchema,
  ragConfigSchema,
  mocksConfigSchema,
  mockAgentConfigSchema,
]
/** Read by a command and not by a service. */
const OF_COMMANDS = new Map([['RAG_URL', 'http://127.0.0.1:8004']])

interface Shown {
  name: string
  value: string
  explanation: string
}

const lines = readFileSync(join(PROJECT_FOLDER, '.env.example'), 'utf8').split('\n')
const shown = lines.flatMap((line, index): Shown[] => {
  const [, name, value] = /^# ([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
  return name === undefined || value === undefined ? [] : [{ name, value, explanation: lines[index - 1] ?? '' }]
})
const names = shown.map(({ name }) => name)
const fields = readFields()
const ofCompose = readComposeDefaults()

test('.env.example shows every variable of every service, once', () => {
  expect(names).toEqual([...new Set(names)])
  expect([...fields.keys()].filter((name) => !names.includes(name))).toEqual([])
})

test('.env.example shows no variable that nothing reads', () => {
  expect(names.filter((name) => !fields.has(name) && !ofCompose.has(name) && !OF_COMMANDS.has(name))).toEqual([])
})

test('every variable that docker compose asks for is in .env.example', () => {
  expect([...ofCompose.keys()].filter((name) => !names.includes(name))).toEqual([])
})

test('.env.example sets nothing: copied as it is, it changes nothing', () => {
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
})

test.each(shown)('$name is shown with its default, under one line that explains it', ({ name, value, explanation }) => {
  expect(explanation).toMatch(/^# [A-Za-z].*\.$/)
  const field = fields.get(name)
  if (!field) return expect(value).toBe(OF_COMMANDS.get(name) ?? ofCompose.get(name))
  // What is left empty counts as not set; see readConfig.
  const asShown = field.safeParse(value === '' ? undefined : value)
  expect(asShown).toMatchObject({ success: true })
  const normal = (of: unknown): unknown => (name === 'DATA_DIR' ? resolve(PROJECT_FOLDER, String(of)) : of)
  const byDefault = field.parse(undefined)
  expect(normal(asShown.data)).toEqual(normal(byDefault))
  // Left empty only where there is nothing to show.
  if (value === '') expect(byDefault ?? []).toEqual([])
})

function readFields(): Map<string, z.ZodType> {
  const all = new Map<string, z.ZodType>()
  for (const schema of SCHEMAS) {
    for (const [name, field] of Object.entries(schema.shape)) if (!all.has(name)) all.set(name, field as z.ZodType)
  }
  return all
}

/** `${NAME:-default}` → its default; `${NAME:?…}` → nothing. */
function readComposeDefaults(): Map<string, string> {
  const text = readFileSync(join(PROJECT_FOLDER, 'docker-compose.yml'), 'utf8')
  return new Map([...text.matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*)|:\?[^}]*)\}/g)].map(([, name, byDefault]) => [name as string, byDefault ?? '']))
}
