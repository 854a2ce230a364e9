/** The port to whoever else knows people: an OpenID Connect provider. */
export interface IdentityProvider {
  /** What the button at the sign-in says. */
  readonly name: string
  /** Where the browser goes to sign in. `attempt` is what must be known again when it comes back. @throws AppError `unavailable`. */
  begin(callbackUrl: string, signal: AbortSignal): Promise<{ url: string; attempt: SignInAttempt }>
  /**
   * Who came back. `currentUrl` is the callback's, with all that the provider added to it.
   *
   * @throws AppError `authentication_failed` for what is not the end of this attempt, `unavailable`.
   */
  finish(currentUrl: URL, attempt: SignInAttempt, signal: AbortSignal): Promise<Identity>
}

/** Binds what comes back to the browser that was sent away. */
export interface SignInAttempt {
  state: string
  nonce: string
  verifier: string
}

/** Somebody, as the provider tells it. */
export interface Identity {
  /** Issuer and subject: the same for the same person for good. */
  subject: string
  /** What the person may be called here, the best first. */
  names: string[]
  groups: string[]
}
