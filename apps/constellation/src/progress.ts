import type { Writable } from 'node:stream'

/** Tells a person what a start is doing. On a terminal the current line is rewritten; elsewhere each thing said is a line. */
export interface Progress {
  say(text: string): void
  /** Ends the line under way, so that what is printed next stands alone. */
  end(): void
}

export function createProgress(output: Writable & { isTTY?: boolean; columns?: number }): Progress {
  let last = ''
  return {
    say(text) {
      if (text === last) return
      last = text
      if (output.isTTY) output.write(`\r\u001b[2K${text.slice(0, (output.columns ?? 80) - 1)}`)
      else output.write(`${text}\n`)
    },
    end() {
      if (output.isTTY && last !== '') output.write('\r\u001b[2K')
      last = ''
    },
  }
}
