import type { TaskWriter } from '../agent.ts'
import type { Artifact, Metadata, TaskState } from '../model.ts'

/** What a writer writes to: one turn of a task. Each call throws once the turn is over. */
export interface WriterTarget {
  status(state: TaskState, options: { text?: string | undefined; metadata?: Metadata | undefined }): void
  fail(options: { code: string; message: string; retryable?: boolean; metadata?: Metadata }): void
  artifact(artifact: Artifact, options: { append: boolean; lastChunk: boolean }): void
  describe(metadata: Metadata): void
  /** @throws AppError when the turn is over. */
  requireOpen(): void
}

export interface TurnWriter extends TaskWriter {
  /** Writes out text that waits for company. */
  flush(): void
}

const COALESCE_MS = 30
const LARGEST_WAIT_CHARS = 8_192

/**
 * The writer of one turn. The first piece of text goes out at once, those that follow within 30 ms
 * of it together: a reader sees the first token without delay, and a fast model does not make an
 * event of every token. Any other call writes out waiting text first, so the order stays.
 */
export function createTurnWriter(target: WriterTarget): TurnWriter {
  let waiting: { artifactId: string; text: string } | undefined
  let timer: NodeJS.Timeout | undefined
  let lastFlush = -Infinity
  let unnamed = 0

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (!waiting) return
    const { artifactId, text } = waiting
    waiting = undefined
    lastFlush = performance.now()
    target.artifact({ artifactId, parts: [{ kind: 'text', text }] }, { append: true, lastChunk: false })
  }
  /** A turn that ended in between has no use for the text, and nobody to tell. */
  const flushLater = (): void => {
    try {
      flush()
    } catch {
      waiting = undefined
    }
  }
  const inOrder = (write: () => void): void => {
    target.requireOpen()
    flush()
    write()
  }

  return {
    flush,
    text(delta, artifactId = 'answer') {
      target.requireOpen()
      if (delta === '') return
      if (waiting && waiting.artifactId !== artifactId) flush()
      if (waiting) waiting.text += delta
      else waiting = { artifactId, text: delta }
      const rest = lastFlush + COALESCE_MS - performance.now()
      if (rest <= 0 || waiting.text.length >= LARGEST_WAIT_CHARS) flush()
      else timer ??= setTimeout(flushLater, rest)
    },
    artifact: (artifact, options = {}) =>
      inOrder(() => {
        const artifactId = artifact.artifactId ?? `artifact-${(unnamed += 1)}`
        // An artifact that is not said to go on is whole.
        target.artifact({ ...artifact, artifactId }, { append: options.append ?? false, lastChunk: options.lastChunk ?? options.append === undefined })
      }),
    working: (text, metadata) => inOrder(() => target.status('working', { text, metadata })),
    complete: (options = {}) => inOrder(() => target.status('completed', options)),
    fail: (options) => inOrder(() => target.fail(options)),
    inputRequired: (text, metadata) => inOrder(() => target.status('input-required', { text, metadata })),
    authRequired: (text, metadata) => inOrder(() => target.status('auth-required', { text, metadata })),
    describe: (metadata) => inOrder(() => target.describe(metadata)),
  }
}
