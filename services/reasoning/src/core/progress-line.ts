/** Turns a model's stream of reasoning into a line now and then that a person can follow. */
export interface ProgressLine {
  /** A line to show, where it is time for one. */
  push(delta: string): string | undefined
}

const LONGEST_LINE = 160

/** At most one line every `everyMs`, and always the newest whole sentence there is. */
export function createProgressLine({ everyMs, now = Date.now }: { everyMs: number; now?: () => number }): ProgressLine {
  let pending = ''
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    push(delta) {
      pending += delta
      if (now() - shownAt < everyMs) return undefined
      const sentences = [...pending.matchAll(/[^.!?\n]+(?:[.!?]+(?=\s)|\n)/g)].map(([sentence]) => sentence.replaceAll(/[\s*#`]+/g, ' ').trim())
      const line = sentences.findLast((sentence) => sentence.length > 3)
      if (line === undefined) return undefined
      shownAt = now()
      pending = ''
      return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`
    },
  }
}
