/** Whose turn it is: one holder at a time, the others in the order in which they came. */
export interface Turns<Holder> {
  holds(holder: Holder): boolean
  /** Waits for the holder's turn; false when it left the line instead. */
  take(holder: Holder): Promise<boolean>
  /** Ends the holder's turn, if it is its own. */
  pass(holder: Holder): void
  /** Takes one that waits out of the line. Whose turn it is keeps it. */
  leave(holder: Holder): void
}

export function createTurns<Holder>(): Turns<Holder> {
  let current: Holder | undefined
  let line: { holder: Holder; enter: (entered: boolean) => void }[] = []

  return {
    holds: (holder) => current === holder,
    take(holder) {
      if (current === undefined) current = holder
      if (current === holder) return Promise.resolve(true)
      return new Promise((enter) => line.push({ holder, enter }))
    },
    pass(holder) {
      if (current !== holder) return
      const next = line.shift()
      current = next?.holder
      next?.enter(true)
    },
    leave(holder) {
      const leaving = line.filter((entry) => entry.holder === holder)
      line = line.filter((entry) => entry.holder !== holder)
      for (const { enter } of leaving) enter(false)
    },
  }
}
