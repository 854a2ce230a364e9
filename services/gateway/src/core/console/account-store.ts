import type { User } from './user.ts'

/**
 * Who may sign in, and who is signed in. SQLite is the embedded adapter, Redis the one that replicas share; one
 * contract suite runs on both.
 *
 *  1. A name belongs to one user, and so does a subject of the identity provider.
 *  2. A user is changed only by somebody who names the version that the change was made from.
 *  3. Where there was an enabled admin there always is one: what would leave none is a `conflict`.
 *  4. A session's id is kept as its hash only: who reads the store cannot sign in with what stands there.
 *  5. The id of somebody who was removed is had again by the same subject, or by a user whom an admin gives it to by
 *     hand; by no other subject, who would come into what was the other's: sessions, responses, a place in a quorum.
 *  6. What was acknowledged is kept. A store that cannot be reached says `unavailable`.
 */
export interface AccountStore {
  /** @throws AppError `conflict` where the name or the subject is taken, or the name was somebody else's. */
  add(user: User): Promise<void>
  find(id: string): Promise<User | undefined>
  findSubject(subject: string): Promise<User | undefined>
  /** All of them, by name. */
  list(): Promise<User[]>
  /** Writes `user` over the one of `version`, as version + 1, and answers it. Name and subject stay. @throws AppError `conflict`, `not_found`. */
  change(user: User, version: number): Promise<User>
  /** @throws AppError `conflict` for the last enabled admin, `not_found`. */
  remove(id: string): Promise<void>

  beginSession(session: SignInSession): Promise<void>
  findSession(hash: string): Promise<SignInSession | undefined>
  /** Notes that it was used. One that is gone stays gone. */
  touchSession(hash: string, seenAt: number): Promise<void>
  endSession(hash: string): Promise<void>
  /** Forgets sessions that nobody can use any more. */
  sweepSessions(now: number): Promise<void>
  close(): Promise<void>
}

/** Somebody signed in, in one browser. Times are milliseconds since the epoch. */
export interface SignInSession {
  /** SHA-256 of what the cookie holds. */
  hash: string
  userId: string
  /** The user's when it began. */
  generation: string
  createdAt: number
  seenAt: number
  /** When it is over, used or not. */
  endsAt: number
}
