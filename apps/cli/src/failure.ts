/** What a person can do something about; its message is one line that says what. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
  /** 1: it was not done; 2: it was asked for wrongly; 3: somebody else was first. */
  readonly exitCode: 1 | 2 | 3 = 1
}

/** The command line is wrong. */
export class UsageFailure extends Failure {
  override readonly name = 'UsageFailure'
  override readonly exitCode = 2
}

/** Somebody else was first: what stands now is not what was wanted. */
export class ConflictFailure extends Failure {
  override readonly name = 'ConflictFailure'
  override readonly exitCode = 3
  /** The body that the gateway answered with. */
  readonly body: unknown

  constructor(message: string, body: unknown) {
    super(message)
    this.body = body
  }
}
