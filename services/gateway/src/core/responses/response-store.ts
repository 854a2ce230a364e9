/**
 * Responses that their callers may ask for again. SQLite is the embedded adapter, Redis the one that replicas share; one
 * contract suite runs on both.
 *
 *  1. A response is its owner's alone: to everybody else it does not exist.
 *  2. It is changed only by somebody who names the version that the change was made from.
 *  3. After its time it is not there any more, and of each owner's no more than so many are kept: the oldest go first.
 *  4. What was acknowledged is kept. A store that cannot be reached says `unavailable`.
 */
export interface ResponseStore {
  /** @throws AppError `conflict` where the owner has one of that id. */
  add(entry: NewResponse): Promise<void>
  find(owner: string, id: string): Promise<StoredResponse | undefined>
  /** Writes over the entry of `version`, as version + 1. Answers false where it is another one by now, or gone. */
  change(entry: NewResponse, version: number): Promise<boolean>
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
  createdAt: number
  /** When it is forgotten. */
  endsAt: number
  /** Something is still to come. */
  open: boolean
  /** What it is, as JSON: whoever keeps it need not know. */
  json: string
}

export interface StoredResponse extends NewResponse {
  /** 1 for what was added. */
  version: number
}

/** Of one owner no more are kept. */
export const MOST_RESPONSES = 10_000
