/**
 * Responses that their callers may ask for again. SQLite is the embedded adapter, Redis the one that replicas share; one
 * contract suite runs on both.
 *
 *  1. A response is its owner's alone: to everybody else it does not exist.
 *  2. It is changed only by somebody who names the version that the change was made from.
 *  3. After its time it is not there any more. Of each owner's no more than so many are kept, nor more than so many bytes:
 *     the oldest go first, those that are open never, and what is being written stays.
 *  4. What was acknowledged is kept. A store that cannot be reached says `unavailable`.
 */
export interface ResponseStore {
  /** @throws AppError `conflict` where the owner has one of that id. */
  add(entry: NewResponse): Promise<void>
  find(owner: string, id: string): Promise<StoredResponse | undefined>
  /** Writes over the entry of `version`, as version + 1. Answers false where it is another one by now, or gone. */
  change(entry: NewResponse, version: number): Promise<boolean>
  /** Those of the names that lead to others' responses, and to none of the owner's. */
  findForeign(owner: string, names: readonly string[]): Promise<string[]>
  /** Answers whether it was there. */
  remove(owner: string, id: string): Promise<boolean>
  /** Those that are not over, everybody's, the oldest first. */
  listOpen(limit: number): Promise<StoredResponse[]>
  /** Forgets those whose time is over. */
  sweep(now: number): Promise<void>
  close(): Promise<void>
}

/** Times are milliseconds since the epoch. */
export interface NewResponse {
  id: string
  owner: string
  /** Its age: who is oldest goes first. */
  createdAt: number
  /** When it is forgotten. */
  endsAt: number
  /** Something is still to come. */
  open: boolean
  /** What it is, as JSON: whoever keeps it need not know. */
  json: string
  /** What leads to it, or to a part of it, so that it is known whose that is. Where a change says none they stay. */
  names?: readonly string[] | undefined
}

export interface StoredResponse extends NewResponse {
  /** 1 for what was added. */
  version: number
}

/** What is kept of one owner at most. */
export interface ResponseBounds {
  mostPerOwner: number
  mostBytesPerOwner: number
}

export const RESPONSE_BOUNDS: ResponseBounds = { mostPerOwner: 10_000, mostBytesPerOwner: 512 * 1_024 * 1_024 }
