import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { eventually, temporaryFolder } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { KEY, type ErrorBody } from './fixtures/gateway.ts'
import { chatOf, COMPLEX, startRouting, type RoutingWorld } from './fixtures/routing.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

const BOB = { authorization: 'Bearer sbx_bobs_key' }

/** A gateway with these rules; its callers are ann and bob. */
async function withRules(rules: string): Promise<RoutingWorld & { write: (rules: string) => Promise<void> }> {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'routing.yaml')
  const write = (text: string): Promise<void> => writeFile(file, `version: 1\n${text}`)
  await write(rules)
  open.push(folder)
  const world = await startRouting(COMPLEX, { ROUTING_FILE: file })
  open.push(world)
  return { ...world, write }
}

test('a key’s rule decides about it, and about nobody else', async () => {
  const { routeOf, asked } = await withRules('rules: [{ id: bobs, match: { key: bob }, route: simple }]')
  expect(await routeOf(chatOf('compare A and B'), BOB)).toBe('simple policy')
  expect(asked()).toEqual([])
  expect(await routeOf(chatOf('compare A and B'))).toBe('complex classifier')
})

test('an alias stands for another model for one key, and a key can have aliases of its own', async () => {
  const { gateway, upstream } = await withRules('rules: [{ id: bobs, match: { key: bob }, aliases: { signalbox-simple: tiny-model, fast: "org/fast" } }]')
  const modelFor = async (model: string, headers = {}): Promise<unknown> => {
    expect((await gateway.chat(chatOf('hi', { model }), headers)).status).toBe(200)
    return (JSON.parse(upstream.taken.at(-1)?.body.toString() ?? '') as { model: unknown }).model
  }
  expect(await modelFor('signalbox-simple', BOB)).toBe('tiny-model')
  expect(await modelFor('fast', BOB)).toBe('org/fast')
  expect(await modelFor('signalbox-simple')).toBe('test-model')
  expect(await modelFor('fast')).toBe('fast')
})

test('a model that a key may not use is a 403 in words, and is not in its list of models', async () => {
  const { gateway, upstream } = await withRules(
    'rules: [{ id: bobs, match: { key: bob }, models: ["signalbox-*", fast], aliases: { fast: test-model }, orchestrate: false }]',
  )
  const refused = await gateway.chat(chatOf('hi', { model: 'test-model' }), BOB)
  expect(refused.status).toBe(403)
  expect(((await refused.json()) as ErrorBody).error).toMatchObject({
    type: 'permission_error',
    param: 'model',
    message: "model: this key may not use 'test-model'. It may use signalbox-*, fast.",
  })
  expect(upstream.taken).toEqual([])
  const models = async (headers?: Record<string, string>): Promise<string[]> => {
    const { data } = (await (await gateway.get('/v1/models', headers && { headers })).json()) as { data: { id: string }[] }
    return data.map(({ id }) => id)
  }
  expect(await models(BOB)).toEqual(['signalbox-auto', 'signalbox-simple', 'fast'])
  expect(await models()).toEqual(['signalbox-auto', 'signalbox-simple', 'signalbox-orchestrated', 'test-model', 'org/other'])
  expect((await gateway.get('/v1/models/org%2Fother', { headers: BOB })).status).toBe(404)
})

test('a key that may not orchestrate is told so when it forces it, and begins nothing', async () => {
  const { gateway, orchestrator, routeOf } = await withRules('rules: [{ id: no-sessions, match: { key: bob }, orchestrate: false }]')
  const refused = await gateway.chat(chatOf('hi'), { ...BOB, 'x-force-orchestration': 'true' })
  expect(refused.status).toBe(403)
  expect(((await refused.json()) as ErrorBody).error.message).toBe(
    'X-Force-Orchestration: this key may not orchestrate (routing rule no-sessions). Leave the wish out, or use the model signalbox-simple.',
  )
  expect(await routeOf(chatOf('compare A and B'), BOB)).toBe('simple policy')
  expect(orchestrator.sessions.size).toBe(0)
})

test('a session may spend no more than its key’s rule gives it, whatever it asks for', async () => {
  const { gateway, orchestrator } = await withRules('defaults: { budget: { usd: 0.5, deadline_s: 60 } }')
  await gateway.chat(chatOf('compare A and B'), { 'x-signalbox-budget-usd': '9', 'x-signalbox-budget-tokens': '1000' })
  const [session] = orchestrator.sessions.values()
  expect(JSON.stringify(session?.message.parts)).toContain('"budget":{"tokens":1000,"usd":0.5,"deadline_s":60}')
})

test('rules that change hold from then on; rules that are wrong are told of, and those from before still hold', async () => {
  const { gateway, routeOf, write } = await withRules('rules: []')
  expect(await routeOf(chatOf('compare A and B'))).toBe('complex classifier')
  await write('rules: [{ id: all, route: simple }]')
  await eventually('the new rules hold', async () => (await routeOf(chatOf('compare A and B'))) === 'simple policy')
  await write('rules: [{ id: all, route: sideways }]')
  const told = await eventually('the fault is told', () => gateway.lines().find(({ level }) => level === 50))
  expect(told).toMatchObject({
    msg: 'the routing rules are wrong: those from before still hold',
    faults: ['routing.yaml:2 rules[0].route: is none of auto, simple and complex'],
  })
  expect(await routeOf(chatOf('compare A and B'))).toBe('simple policy')
})

test('a gateway does not start with rules that are wrong, and says where', async () => {
  await expect(withRules('rules: [{ id: all, rout: simple }]\ndefaults: { classifier: 7 }')).rejects.toThrow(
    /routing\.yaml:2 rules\[0\]\.rout: is not known here[^]*routing\.yaml:3 defaults\.classifier/,
  )
  await expect(startRouting(COMPLEX, { ROUTING_FILE: '/nowhere/routing.yaml' })).rejects.toThrow('/nowhere/routing.yaml cannot be read: ENOENT')
})

test('the file in the data folder is found by itself', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'routing.yaml'), 'version: 1\ndefaults: { route: simple }')
  const world = await startRouting(COMPLEX, { DATA_DIR: folder.path })
  open.push(world)
  expect(await world.routeOf(chatOf('compare A and B'))).toBe('simple policy')
  expect(JSON.stringify(world.gateway.lines())).not.toContain(KEY)
})
