import { AppError } from '@signalbox/errors'
import type { Context } from 'hono'

import { parseJson } from '../codecs/parse-json.ts'

const DEEPEST = 64

/**
 * A request's body as JSON. It is counted while it comes, whether it says its length or not, and
 * must say that it is JSON: a web page could otherwise send one to an agent on its reader's own
 * machine without the browser asking.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large`, `invalid_json`, or `invalid_request` for JSON nested too deep.
 */
export async function readJsonBody(c: Context, maxBytes: number): Promise<unknown> {
  requireJson(c.req.header('content-type'))
  return parseJson(await readText(c.req.raw, maxBytes), DEEPEST)
}

function requireJson(contentType: string | undefined): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) return
  throw new AppError('unsupported_media_type', 'The body must be JSON: send content-type application/json.')
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = (): AppError => new AppError('payload_too_large', `The body is larger than ${maxBytes} bytes.`)
  const declared = request.headers.get('content-length')
  if (declared !== null) {
    // The server holds a body to the length it declared, so a declared one can be read at once.
    if (Number(declared) > maxBytes) throw tooLarge()
    return request.text()
  }
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of request.body ?? []) {
    size += piece.byteLength
    if (size > maxBytes) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
