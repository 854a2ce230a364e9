import { createConnection } from 'node:net'
import { once } from 'node:events'

import { expect, test } from 'vitest'

import { startRedis } from './redis-server.ts'

test('what a Redis acknowledged is there after it was killed and started again', async () => {
  await using redis = await startRedis()
  expect(await say(redis.port, 'SET greeting hello')).toBe('+OK\r\n')
  await redis.kill('SIGKILL')
  await expect(say(redis.port, 'PING')).rejects.toThrow(/ECONNREFUSED/)
  await redis.restart()
  expect(await say(redis.port, 'GET greeting')).toBe('$5\r\nhello\r\n')
})

test('a Redis that asks for a password is told it by its address', async () => {
  await using redis = await startRedis({ password: 'sesame' })
  expect(new URL(redis.url).password).toBe('sesame')
  expect(await say(redis.port, 'PING')).toMatch(/^-NOAUTH/)
})

test('a Redis that cannot be started says why', async () => {
  await expect(startRedis({ maxmemoryPolicy: 'no-such-policy' })).rejects.toThrow(/redis-server has ended/)
})

async function say(port: number, command: string): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' })
  try {
    socket.write(`${command}\r\n`)
    const [bytes] = await once(socket, 'data')
    return String(bytes)
  } finally {
    socket.destroy()
  }
}
