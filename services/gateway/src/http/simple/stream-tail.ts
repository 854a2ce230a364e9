/** How far back an answer's end is looked for; the usage chunk stands behind it. */
const TAIL_BYTES = 16 * 1_024

/** The last bytes of a stream, kept as they were sent, and looked at only when it ends. */
export class StreamTail {
  #pieces: Buffer[] = []
  #size = 0

  add(piece: Buffer): void {
    if (piece.length >= TAIL_BYTES) {
      this.#pieces = [piece]
      this.#size = piece.length
      return
    }
    this.#pieces.push(piece)
    this.#size += piece.length
    while (this.#size - (this.#pieces[0] as Buffer).length >= TAIL_BYTES) this.#size -= (this.#pieces.shift() as Buffer).length
  }

  /** The line ends that are missing to a blank line: without it, what follows would be a part of the last event. */
  toBlankLine(): string {
    const last = Buffer.concat(this.#pieces.slice(-4)).subarray(-4).toString('latin1')
    if (/(?:^|\n)\r?\n$/.test(last)) return ''
    return last.endsWith('\n') ? '\n' : '\n\n'
  }

  /** `[DONE]`, a finish reason, or an error of the upstream's own. Inside of content their quotes would be escaped. */
  saysDone(): boolean {
    // The usual end, found at a glance.
    if (this.#pieces.at(-1)?.subarray(-16).includes('data: [DONE]') === true) return true
    return /^data: ?\[DONE\]|"finish_reason"\s*:\s*"|"error"\s*:\s*[{"]/m.test(Buffer.concat(this.#pieces).toString('latin1'))
  }
}
