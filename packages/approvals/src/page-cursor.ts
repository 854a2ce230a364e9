import { AppError } from '@signalbox/errors'

/** The lists that come in pages. A cursor of one means nothing in another. */
export type Paged = 'pending' | 'decided' | 'all' | 'audit' | 'deliveries'

/** The last one of a page: the next page begins behind it, whatever was added since. */
export interface PageEnd {
  /** What the list goes by: milliseconds, or a number of the audit. */
  at: number
  id: string
}

export function toCursor(list: Paged, { at, id }: PageEnd): string {
  return Buffer.from(`${list} ${at} ${id}`).toString('base64url')
}

/** @throws AppError `invalid_request` for a cursor that no page of this list ended with. */
export function readCursor(list: Paged, cursor: string): PageEnd {
  const [, of, at, id] = /^([a-z]+) (-?\d{1,16}) (.{0,256})$/u.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (of !== list || at === undefined || id === undefined)
    throw new AppError('invalid_request', 'The cursor is not one that a page of this list ended with.', { param: 'cursor' })
  return { at: Number(at), id }
}
