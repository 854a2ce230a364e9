import { createHash } from 'node:crypto'

import type { RedisClient } from './open-redis.ts'

/** A script of Redis, sent by its name where Redis knows it, and whole where it does not: it forgets them when it is started again. */
export interface Script {
  (client: RedisClient, keys: string[], args: string[]): Promise<unknown>
}

export function createScript(source: string): Script {
  const sha = createHash('sha1').update(source).digest('hex')
  return async (client, keys, args) => {
    const options = { keys, arguments: args }
    try {
      return await client.evalSha(sha, options)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(source, options)
    }
  }
}
