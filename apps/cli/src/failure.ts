/** What a person can do something about; its message is one line that says what. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
  /** 1: it was not done; 2: it was asked for wrongly. */
  readonly exitCode: 1 | 2 = 1
}

/** The command line is wrong. */
export class UsageFailure extends Failure {
  override readonly name = 'UsageFailure'
  override readonly exitCode = 2
}
