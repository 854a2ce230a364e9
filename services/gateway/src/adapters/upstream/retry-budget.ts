const MOST = 20
/** A tenth of the calls may be made twice. */
const EARNED_PER_CALL = 0.1

/**
 * Keeps retries from becoming the storm: every call earns a tenth of one, and what was saved up is
 * soon spent on an endpoint that is down for good.
 */
export class RetryBudget {
  #left = MOST

  /** A call is made. */
  earn(): void {
    if (this.#left < MOST) this.#left += EARNED_PER_CALL
  }

  /** Whether one more try may be made. */
  spend(): boolean {
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
