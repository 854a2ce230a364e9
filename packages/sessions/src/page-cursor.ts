import { AppError } from '@signalbox/errors'

/** The last session of a page: the next one begins behind it, whatever was added since. */
export interface PageEnd {
  createdAt: number
  id: string
}

export function toCursor({ createdAt, id }: PageEnd): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url')
}

export function readCursor(cursor: string): PageEnd {
  const [, createdAt, id] = /^(\d{1,16}) (\S{1,128})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (createdAt === undefined || id === undefined) throw new AppError('invalid_request', 'The cursor is not one that a page ended with.', { param: 'cursor' })
  return { createdAt: Number(createdAt), id }
}
