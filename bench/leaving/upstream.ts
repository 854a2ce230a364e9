import { fork } from 'node:child_process'
import { EventEmitter, on, once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Something that happened to a call at the upstream. */
export interface CallNews {
  type: 'taken' | 'closed'
  call: number
  /** Nanoseconds of the monotonic clock. */
  at: bigint
}

export interface LeftUpstream extends AsyncDisposable {
  origin: string
  /** Hears of everything that happens at the upstream from now on, until it is disposed of. */
  listen(): CallListener
}

export interface CallListener extends Disposable {
  /** The next `count` calls that are taken, or closed. */
  wait(type: CallNews['type'], count: number): Promise<CallNews[]>
  /** All that was heard so far. */
  readonly heard: readonly CallNews[]
}

/** How long something may take that the benchmark waits for; far beyond any budget. */
export const PATIENCE_MS = 10_000

type Message = { type: 'listening'; port: number } | { type: CallNews['type']; call: number; at: string }

/** Starts the upstream that answers nobody to the end, in a process of its own. */
export async function startUpstream(): Promise<LeftUpstream> {
  const child = fork(fileURLToPath(new URL('upstream-process.ts', import.meta.url)), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [first] = (await once(child, 'message')) as [Message]
  if (first.type !== 'listening') throw new Error('the upstream does not listen')
  const news = new EventEmitter()
  news.setMaxListeners(0)
  child.on('message', (message: Message) => {
    if (message.type !== 'listening') news.emit('news', { ...message, at: BigInt(message.at) } satisfies CallNews)
  })
  return {
    origin: `http://127.0.0.1:${first.port}`,
    listen: () => listenTo(news),
    [Symbol.asyncDispose]: async () => {
      const over = once(child, 'exit')
      child.disconnect()
      await over
    },
  }
}

function listenTo(news: EventEmitter): CallListener {
  const heard: CallNews[] = []
  const note = (one: CallNews): void => void heard.push(one)
  news.on('news', note)
  return {
    heard,
    async wait(type, count) {
      const found = (): CallNews[] => heard.filter((one) => one.type === type).slice(0, count)
      if (found().length >= count) return found()
      try {
        for await (const _one of on(news, 'news', { signal: AbortSignal.timeout(PATIENCE_MS) })) if (found().length >= count) return found()
      } catch (error) {
        throw new Error(`in ${PATIENCE_MS} ms ${found().length} of ${count} calls were ${type}`, { cause: error })
      }
      return found()
    },
    [Symbol.dispose]: () => void news.off('news', note),
  }
}
