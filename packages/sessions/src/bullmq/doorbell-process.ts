import { createClient } from 'redis'

import { createBullDoorbell } from './bull-doorbell.ts'

/**
 * A replica of its own for tests: `node doorbell-process.ts '{"url","prefix","lockMs"}'`. It says that it
 * answers, then whom it drives, a line each, and drives until it is told to stop, which it is when its input ends.
 */
const options = JSON.parse(process.argv[2] ?? '') as { url: string; prefix: string; lockMs: number }
const client = createClient({ url: options.url })
client.on('error', () => undefined)
await client.connect()
const doorbell = createBullDoorbell({ ...options, client, onError: (error) => console.error(error) })
doorbell.answer(
  async (id, signal) => {
    console.log(id)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
  { concurrency: 10 },
)
console.log('answering')
for await (const _ of process.stdin) continue
await doorbell.close(AbortSignal.timeout(5_000))
await client.close()
