import { randomBytes } from 'node:crypto'

import { NO_USAGE } from '@signalbox/contracts'
import { openRedis } from '@signalbox/sessions'
import { eventually } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { startResponses } from './fixtures/responses.ts'
import { chunkOf, sayStream } from './fixtures/upstream.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

test('gateways on one Redis share what was made: either goes on with, streams and cancels what the other began', async () => {
  await using place = await openPlace()
  await using world = await startResponses({ environment: place.environment })
  await using other = await world.another()
  world.answer = (response) => sayStream(response, `${chunkOf({ content: 'Hello' })}${chunkOf({}, 'stop')}data: [DONE]\n\n`)
  const first = await world.client.responses.create({ model: 'signalbox-simple', input: 'hello', background: true })
  await eventually('it is made', async () => (await other.client.responses.retrieve(first.id)).status === 'completed')
  expect((await other.stream('GET', `/responses/${first.id}?stream=true`)).map(({ sequence_number: number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  await other.client.responses.stream({ model: 'signalbox-simple', input: 'and now?', previous_response_id: first.id }).finalResponse()
  expect(JSON.parse(String(world.upstream.taken.at(-1)?.body))).toMatchObject({
    messages: [{ content: 'hello' }, { content: 'Hello' }, { content: 'and now?' }],
  })

  const session = await world.client.responses.create({ model: 'signalbox-orchestrated', input: 'Plan it', background: true })
  expect(await other.client.responses.cancel(session.id)).toMatchObject({ status: 'cancelled' })
  expect(await world.client.responses.retrieve(session.id)).toMatchObject({ status: 'cancelled' })

  const last = await other.client.responses.create({ model: 'signalbox-orchestrated', input: 'Plan that', background: true })
  const [, plan] = [...world.orchestrator.sessions.values()]
  plan?.say({ type: 'answer.delta', node: 'c', agent: 'reasoning', offset: 0, text: 'Planned.' }, { type: 'session.completed', usage: NO_USAGE, citations: [] })
  expect(await world.client.responses.retrieve(last.id)).toMatchObject({ status: 'completed', output_text: 'Planned.' })
  const { id: conversation } = await world.client.conversations.create({ items: [{ type: 'message', role: 'user', content: 'I am Ann.' }] })
  await other.client.responses.stream({ model: 'signalbox-simple', input: 'Who am I?', conversation }).finalResponse()
  expect((await world.client.conversations.items.list(conversation)).data).toHaveLength(3)
  await other.client.conversations.delete(conversation)
  await expect(world.client.conversations.retrieve(conversation)).rejects.toMatchObject({ status: 404 })
  await world.client.responses.delete(last.id)
  await expect(other.client.responses.retrieve(last.id)).rejects.toMatchObject({ status: 404 })
})

async function openPlace(): Promise<AsyncDisposable & { environment: Record<string, string> }> {
  const prefix = `test:${randomBytes(6).toString('hex')}`
  const redis = await openRedis({ url, onWarning: () => undefined })
  return {
    environment: { REDIS_URL: url, REDIS_PREFIX: prefix, REDIS_ALLOW_VOLATILE: 'true' },
    async [Symbol.asyncDispose]() {
      const keys = await redis.client.keys(`${prefix}:*`)
      if (keys.length > 0) await redis.client.del(keys)
      await redis.close()
    },
  }
}
