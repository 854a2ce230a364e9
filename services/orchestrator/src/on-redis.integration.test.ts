import { keepSessionsOn } from './fixtures/world.ts'

/* The stories of this service once more, with its sessions, doorbell and breakers on a real Redis. */

const url = process.env['TEST_REDIS_URL']
if (!url) throw new Error('Set TEST_REDIS_URL to a Redis that may be written to; `.ci/run` starts one.')
keepSessionsOn(url)

await import('./orchestrator.test.ts')
await import('./strategies.test.ts')
await import('./revisions.test.ts')
await import('./limits.test.ts')
await import('./dead-letters.test.ts')
await import('./second-lives.test.ts')
await import('./approvals.test.ts')
