import type { AppError } from '@signalbox/errors'

/** Where a reply's bytes go. It decides when the first of them leave, since until then everything can still be said. */
export interface ReplySink {
  /** False where the caller takes bytes more slowly than the upstream gives them. @throws AppError for bytes that cannot be a reply. */
  write(piece: Buffer): boolean
  /** The upstream has ended well. Answers what is wrong with the reply, if anything is and nothing of it was sent. */
  end(): AppError | undefined
  /** The reply broke off. False where nothing of it was sent, so that the caller is still to be told. */
  cut(error: AppError): boolean
}
