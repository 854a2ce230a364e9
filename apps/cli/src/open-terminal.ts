import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

import type { Terminal } from './terminal.ts'

/** The terminal, or the files and pipes, of this process. */
export function openTerminal({ stdin, stdout, stderr, env }: NodeJS.Process): Terminal {
  return {
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    width: readWidth(stdout.columns, env['COLUMNS']),
    async ask(question, signal) {
      if (!stdin.isTTY) return undefined
      const lines = createInterface({ input: stdin, output: stderr })
      try {
        return await lines.question(question, { signal })
      } finally {
        lines.close()
      }
    },
  }
}

function readWidth(columns: number | undefined, variable: string | undefined): number {
  if (columns !== undefined && columns > 0) return columns
  const said = Number(variable)
  return Number.isInteger(said) && said > 0 ? said : Number.POSITIVE_INFINITY
}
