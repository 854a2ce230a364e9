import type { Writable } from 'node:stream'

const WIDTH = 24

/** Progress for a person: one line that is drawn over on a terminal, a line for each tenth elsewhere. */
export function createProgressBar(output: Writable & { isTTY?: boolean; columns?: number }): {
  show(progress: { done: number; total: number; source: string }): void
  end(): void
} {
  let tenth = -1
  return {
    show({ done, total, source }) {
      const share = total === 0 ? 1 : done / total
      if (output.isTTY) {
        const filled = Math.round(share * WIDTH)
        const line = `[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}] ${done}/${total} ${source}`
        output.write(`\r\u001b[2K${line.slice(0, (output.columns ?? 80) - 1)}`)
      } else if (Math.floor(share * 10) > tenth) {
        tenth = Math.floor(share * 10)
        output.write(`${done}/${total} documents\n`)
      }
    },
    end() {
      if (output.isTTY) output.write('\r\u001b[2K')
    },
  }
}
