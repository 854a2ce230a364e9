import { pino, symbols, type DestinationStream } from 'pino'

/** Lines that can wait are written together: one by one, writing them would be the dearest part of a small request. */
const HELD_CHARACTERS = 65_536
const HELD_MS = 50
/** pino's `warn`. What is wrong is seen at once. */
const URGENT = 40

/** Where log lines go. pino calls `flush` where somebody wants to be sure. */
export interface LogDestination extends DestinationStream {
  flush(done?: (error?: Error) => void): void
}

/** What pino's own destination does that ours needs. */
export interface LineSink {
  write(text: string): unknown
  flush(done?: (error?: Error) => void): void
  /** Nothing can be written any more. */
  readonly destroyed?: boolean
}

let standardError: LogDestination | undefined

/** Standard error, one for the whole process, emptied when the process exits. */
export function openStandardError(): LogDestination {
  standardError ??= createDestination()
  return standardError
}

function createDestination(): LogDestination {
  // At once: what is still being written in the background when the process dies is mixed up in a pipe with what is
  // written last, which says why it died.
  const sink = pino.destination({ fd: 2, sync: true })
  const destination = holdLines(sink)
  // Also when an error that nobody caught ends it. pino empties and closes its own in later listeners.
  process.prependListener('beforeExit', destination.release)
  process.prependListener('exit', destination.release)
  return destination
}

/** Holds lines back, for a moment, so that many leave at once. None waits behind one that is urgent. */
export function holdLines(sink: LineSink): LogDestination & { release(): void } {
  let held = ''
  let timer: NodeJS.Timeout | undefined
  const release = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (held === '' || sink.destroyed === true) return
    const lines = held
    held = ''
    sink.write(lines)
  }
  const destination = {
    // Makes pino say of which level a line is, before it writes it.
    [symbols.needsMetadataGsym]: true as const,
    lastLevel: 0,
    write(line: string): void {
      held += line
      if (held.length >= HELD_CHARACTERS || destination.lastLevel >= URGENT) release()
      else timer ??= setTimeout(release, HELD_MS).unref()
    },
    flush(done?: (error?: Error) => void): void {
      release()
      sink.flush(done)
    },
    release,
  }
  return destination
}
