import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { readConfig, type Environment } from '@signalbox/config'
import { gatewayConfigSchema } from '@signalbox/gateway'
import { mocksConfigSchema } from '@signalbox/mocks'
import { orchestratorConfigSchema } from '@signalbox/orchestrator'
import { plannerConfigSchema } from '@signalbox/planner'
import { ragConfigSchema } from '@signalbox/rag'
import { reasoningConfigSchema } from '@signalbox/reasoning'
import { DCLinter } from 'dclint'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

import { PROJECT_FOLDER } from './sample-knowledge.ts'
import { DEFAULT_PORTS, SERVICE_NAMES, type ServiceName } from './wiring.ts'

const SCHEMAS: Record<ServiceName, z.ZodObject> = {
  gateway: gatewayConfigSchema,
  orchestrator: orchestratorConfigSchema,
  planner: plannerConfigSchema,
  reasoning: reasoningConfigSchema,
  rag: ragConfigSchema,
  mocks: mocksConfigSchema,
}
/** What an operator must set, and no more. */
const OPERATOR: Environment = { SERVICE_TOKEN: 'a-token-of-the-test', SIGNALBOX_API_KEYS: 'me:a-key' }
const COMPOSE_FILE = join(PROJECT_FOLDER, 'docker-compose.yml')
const DOCKERFILE = join(PROJECT_FOLDER, 'Dockerfile')

/** Rules about the order of keys, about quotes, and one that would have us guess at a tag of Phoenix. */
const OF_TASTE = /-order$|-quotes-|^service-image-require-explicit-tag$/
const lintResultSchema = z.looseObject({ messages: z.array(z.looseObject({ rule: z.string(), message: z.string(), line: z.number() })) })

const healthcheckSchema = z.strictObject({
  test: z.tuple([z.literal('CMD')], z.string()),
  interval: z.string(),
  timeout: z.string(),
  retries: z.int(),
  start_period: z.string(),
  start_interval: z.string().optional(),
})
/** The part of compose's language that the file is written in. That it is compose's at all, compose's own schema says. */
const composeSchema = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      build: z.strictObject({ context: z.literal('.'), args: z.strictObject({ SERVICE: z.enum(SERVICE_NAMES), PORT: z.int() }) }).optional(),
      image: z.string().optional(),
      environment: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      healthcheck: healthcheckSchema,
      depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
})

const compose = composeSchema.parse(parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true }))
const dockerfile = readFileSync(DOCKERFILE, 'utf8')
const instructions = readInstructions(dockerfile)

describe('docker-compose.yml', () => {
  test('is what compose’s own schema allows, and binds every port to an address', () => {
    const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] })
    const messages = z
      .array(lintResultSchema)
      .parse(linter.lintFiles([COMPOSE_FILE], false))
      .flatMap((file) => file.messages)
    expect(messages.filter(({ rule }) => !OF_TASTE.test(rule))).toEqual([])
  })

  test('brings every service, and beside them Redis, Postgres and Phoenix', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual([...SERVICE_NAMES, 'phoenix', 'postgres', 'redis'].toSorted())
  })

  test('opens ports on loopback only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  test('waits only for services that are there, and keeps only in volumes that are declared', () => {
    const { services, volumes } = compose
    const awaited = Object.values(services).flatMap((service) => Object.keys(service.depends_on))
    expect(awaited.filter((name) => !(name in services))).toEqual([])
    const mounted = Object.values(services).flatMap((service) => service.volumes.map((volume) => volume.split(':')[0]))
    expect(mounted.toSorted()).toEqual(Object.keys(volumes).toSorted())
  })

  test('does not start without a service token and keys for callers', () => {
    for (const name of ['SERVICE_TOKEN', 'SIGNALBOX_API_KEYS']) expect(() => environmentOf('gateway', { ...OPERATOR, [name]: '' })).toThrow(name)
  })
})

describe.each(SERVICE_NAMES)('%s in docker-compose.yml', (name) => {
  const service = compose.services[name]

  test('is built from its own folder, on its own port', () => {
    expect(service?.build?.args).toEqual({ SERVICE: name, PORT: DEFAULT_PORTS[name] })
    expect(SCHEMAS[name].shape['PORT']?.parse(undefined)).toBe(DEFAULT_PORTS[name])
    expect(existsSync(join(PROJECT_FOLDER, 'services', name, 'src/main.ts'))).toBe(true)
    expect(service?.ports.map((port) => port.split(':').at(-1))).toEqual([String(DEFAULT_PORTS[name])])
  })

  test('is told nothing that it does not know', () => {
    expect(Object.keys(service?.environment ?? {}).filter((variable) => !(variable in SCHEMAS[name].shape))).toEqual([])
  })

  test('can read what it is told, with the least and with the most that an operator sets', () => {
    for (const operator of [OPERATOR, { ...OPERATOR, AGENT_URLS: 'http://agents:9000', LLM_BASE_URL: 'https://llm.example.com/v1', MOCK_AGENTS: 'true' }]) {
      const config = readConfig(name, SCHEMAS[name], environmentOf(name, operator))
      expect(config).toMatchObject({ PORT: DEFAULT_PORTS[name] })
    }
  })

  test('names only services of the file, at their ports', () => {
    const urls = Object.values(environmentOf(name, OPERATOR)).flatMap((value) => value?.match(/\b(?:http|postgres):\/\/[^\s,]+/g) ?? [])
    const own = urls.map((url) => new URL(url))
    expect(own.map(({ hostname }) => hostname).filter((host) => !(host in compose.services))).toEqual([])
    for (const { hostname, port } of own) if (port !== '') expect(portOf(hostname)).toBe(port)
  })
})

test('an agent’s card says where the others find it', () => {
  for (const name of ['orchestrator', 'planner', 'reasoning', 'rag'] as const) {
    expect(environmentOf(name, OPERATOR)['PUBLIC_URL']).toBe(`http://${name}:${DEFAULT_PORTS[name]}`)
  }
})

test('the scripted model takes the key that the services bring', () => {
  expect(environmentOf('gateway', OPERATOR)['LLM_API_KEY']).toBe(environmentOf('mocks', OPERATOR)['SCRIPTED_LLM_API_KEY'])
})

describe('Dockerfile', () => {
  test('is one that a builder understands', () => {
    expect(validate(dockerfile)).toEqual([])
  })

  test.each(SERVICE_NAMES)('copies only what is there and is sent to the builder, for %s', (service) => {
    const sources = instructions
      .filter(({ keyword, rest }) => keyword === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1))
      .map((source) => source.replaceAll('$SERVICE', service))
    expect(sources).toEqual(['.', 'tsconfig.json', 'packages', 'apps/console', 'packages', `services/${service}`])
    expect(sources.filter((source) => !existsSync(join(PROJECT_FOLDER, source)))).toEqual([])
    const ignored = readFileSync(join(PROJECT_FOLDER, '.dockerignore'), 'utf8').split('\n')
    expect(ignored.filter((line) => /^(?:packages|services|apps|tsconfig|package|\.npmrc)/.test(line))).toEqual([])
  })

  test('copies only from stages that come before', () => {
    const stages: string[] = []
    for (const { keyword, rest } of instructions) {
      const from = /^--from=(\S+)/.exec(rest)?.[1]
      if (keyword === 'COPY' && from !== undefined) expect(stages).toContain(from)
      if (keyword === 'FROM') stages.push(/ AS (\S+)$/.exec(rest)?.[1] ?? '')
    }
  })

  test('does not run as root, is asked for its health, and starts Node itself, so that it hears when to stop', () => {
    const last = instructions.slice(instructions.findLastIndex(({ keyword }) => keyword === 'FROM'))
    const of = (keyword: string): string | undefined => last.findLast((instruction) => instruction.keyword === keyword)?.rest
    expect(of('USER')).toBe('node')
    expect(of('HEALTHCHECK')).toContain('/healthz')
    expect(of('CMD')).toBe('["node", "main.ts"]')
    expect(of('RUN')).toContain('ln -s "services/$SERVICE/src/main.ts" main.ts')
  })

  test('has the Node that the project is written for', () => {
    const { devDependencies } = z
      .looseObject({ devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(PROJECT_FOLDER, 'package.json'), 'utf8')))
    const images = instructions.filter(({ keyword }) => keyword === 'FROM').map(({ rest }) => rest.split(' ')[0])
    expect(new Set(images)).toEqual(new Set([`node:${devDependencies['node']?.split('.')[0]}-slim`]))
  })
})

/** What a service is told: the image's own environment, and over it what compose sets. */
function environmentOf(name: ServiceName, operator: Environment): Environment {
  const { environment = {}, build } = compose.services[name] ?? {}
  const told = Object.entries(environment).map(([variable, value]) => [variable, interpolate(value, operator)])
  return { HOST: '0.0.0.0', PORT: String(build?.args.PORT), DATA_DIR: '/data', ...Object.fromEntries(told) }
}

/** The three forms of compose's interpolation that the file uses. */
function interpolate(text: string, operator: Environment): string {
  return text.replaceAll(/(?<!\$)\$\{(\w+)(?::(-|\?)([^}]*))?\}/g, (_, name: string, sign?: string, rest = '') => {
    if (operator[name]) return operator[name]
    if (sign === '?') throw new Error(`${name} ${rest}`)
    return rest
  })
}

function portOf(host: string): string | undefined {
  return compose.services[host]?.ports[0]?.split(':').at(-1)
}

function readInstructions(text: string): { keyword: string; rest: string }[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, keyword = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
      return { keyword, rest }
    })
}
