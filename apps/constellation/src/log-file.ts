import { createWriteStream } from 'node:fs'
import { Writable } from 'node:stream'

import { LOG_LEVELS, type LogLevel } from '@signalbox/telemetry'

const PINO_WARN = 40

/**
 * Where the log lines of all services go: whole into the file, and warnings also to the terminal, in
 * a person's words. What a start prints is for people; what it logs is for tools.
 */
export function openLogFile(file: string, terminal: Writable): Writable {
  const lines = createWriteStream(file, { flags: 'a', mode: 0o600 })
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString('utf8').split('\n')) {
        if (line === '') continue
        const said = sayWarning(line)
        if (said) terminal.write(`${said}\n`)
      }
      lines.write(chunk, done)
    },
    final: (done) => lines.end(done),
  })
}

function sayWarning(line: string): string | undefined {
  try {
    const { level, service, msg, session_id: session } = JSON.parse(line) as { level: number; service: string; msg?: string; session_id?: string }
    if (level < PINO_WARN) return undefined
    return `${level > PINO_WARN ? 'error' : 'warning'}  ${service}: ${msg ?? 'see the log'}${session ? ` (${session})` : ''}`
  } catch {
    return undefined
  }
}

export function isLogLevel(value: string | undefined): value is LogLevel {
  return (LOG_LEVELS as readonly (string | undefined)[]).includes(value)
}
