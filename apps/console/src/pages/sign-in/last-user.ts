const NAME = 'signalbox.user'

/** Who signed in last in this browser, by name. */
export function readLastUser(): string | undefined {
  try {
    return localStorage.getItem(NAME) ?? undefined
  } catch {
    return undefined
  }
}

export function writeLastUser(user: string): void {
  try {
    localStorage.setItem(NAME, user)
  } catch {
    // A browser that keeps nothing asks anew.
  }
}
