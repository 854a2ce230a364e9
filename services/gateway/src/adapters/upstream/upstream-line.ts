/** Whoever wants a connection to the endpoint. */
export interface Waiting {
  /** There is one now. It is given back with `leave`. */
  enter(): void
  /** It has waited for too long, and is out of the line. */
  giveUp(): void
}

export interface LineOptions {
  /** How many have a connection at a time. */
  places: number
  /** How many may wait for one. */
  longest: number
  /** How long each of them waits at most. */
  timeoutMs: number
}

/**
 * The line before an endpoint's connections.
 *
 * 1. First come, first served; nobody overtakes.
 * 2. It is bounded in length and in time: what cannot be served soon is refused while its caller still listens.
 * 3. Who leaves it early takes nobody's place.
 */
export class UpstreamLine {
  readonly #options: LineOptions
  readonly #waiting = new Map<Waiting, NodeJS.Timeout>()
  #used = 0

  constructor(options: LineOptions) {
    this.#options = options
  }

  get used(): number {
    return this.#used
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Whether whoever joins now enters at once. */
  get hasRoom(): boolean {
    return this.#used < this.#options.places
  }

  /** `entered` at once, or `waiting` until `enter` is called; `full` is refused. */
  join(who: Waiting): 'entered' | 'waiting' | 'full' {
    if (this.hasRoom) {
      this.#used++
      return 'entered'
    }
    if (this.#waiting.size >= this.#options.longest) return 'full'
    this.#waiting.set(
      who,
      setTimeout(() => {
        this.#waiting.delete(who)
        who.giveUp()
      }, this.#options.timeoutMs),
    )
    return 'waiting'
  }

  /** Gives a connection back; whoever waits longest has it next. */
  leave(): void {
    if (this.#waiting.size === 0) {
      this.#used--
      return
    }
    // The first of a Map is whoever came first.
    const [next] = this.#waiting.keys()
    this.forget(next as Waiting)
    next?.enter()
  }

  /** Out of the line, unserved. */
  forget(who: Waiting): void {
    clearTimeout(this.#waiting.get(who))
    this.#waiting.delete(who)
  }
}
