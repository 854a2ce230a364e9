/**
 * redlock 5.0.0-beta.2 hides its own types behind its `exports`. These are of what is used of it; the source
 * of its calls is dist/esm/index.js.
 */
declare module 'redlock' {
  /** What redlock asks of a client: the calls of ioredis. */
  export interface RedlockClient {
    evalsha(hash: string, keyCount: number, args: (string | number)[]): Promise<unknown>
    eval(script: string, keyCount: number, args: (string | number)[]): Promise<unknown>
  }

  export class ResourceLockedError extends Error {}

  export class ExecutionError extends Error {
    readonly attempts: readonly Promise<{ votesAgainst: ReadonlyMap<RedlockClient, Error> }>[]
  }

  export interface Lock {
    /** The token that the lock holds. */
    readonly value: string
    /** Milliseconds since the epoch, with what clocks may differ by taken off. */
    readonly expiration: number
    release(): Promise<unknown>
  }

  export default class Redlock {
    constructor(clients: Iterable<RedlockClient>, settings: { retryCount: number })
    /** @throws ExecutionError where it is locked, or could not be asked. */
    acquire(resources: string[], durationMs: number): Promise<Lock>
  }
}
