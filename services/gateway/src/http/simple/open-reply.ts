import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

import type { AppError } from '@signalbox/errors'

import type { OurHeaders } from '../openai-headers.ts'
import { oneValue } from '../to-routing-facts.ts'
import { judgeReply } from './judge-reply.ts'
import { listReplyHeaders, type ReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'
import { createStreamSink } from './stream-sink.ts'
import { createWholeSink } from './whole-sink.ts'

/** What the upstream said of words that are not passed on. */
const OF_THE_WORDS: ReadonlySet<string> = new Set(['content-encoding', 'content-type'])
/** What tells whoever stands between to pass a stream on as it comes, where the upstream does not say so itself. */
const UNBUFFERED = [
  ['cache-control', 'no-cache, no-transform'],
  ['x-accel-buffering', 'no'],
] as const

/** Where a reply's body goes; or what is wrong with it; or that the caller has been told all there is. */
export function openReply(
  reply: { status: number; headers: IncomingHttpHeaders },
  to: { outgoing: ServerResponse; stream: boolean; host: string; says: OurHeaders },
): ReplySink | AppError | 'told' {
  const { outgoing, host } = to
  const { status } = reply
  // Said twice, it comes as a list, whatever the types say.
  const contentType = oneValue(reply.headers['content-type'])
  const verdict = judgeReply({ status, contentType }, to)
  if (verdict.type === 'refused') return verdict.error
  switch (verdict.type) {
    case 'stream':
      return createStreamSink(outgoing, { headers: toStreamHeaders(reply.headers, to.says), host })
    case 'whole':
      return createWholeSink(outgoing, {
        status,
        headers: listReplyHeaders(reply.headers, to.says),
        isEncoded: reply.headers['content-encoding'] !== undefined,
        contentLength: reply.headers['content-length'],
        host,
      })
    case 'reworded': {
      outgoing.writeHead(status, [...listReplyHeaders(reply.headers, to.says, OF_THE_WORDS), 'content-type', 'application/json'])
      outgoing.end(JSON.stringify(verdict.body))
      return 'told'
    }
  }
}

function toStreamHeaders(upstream: IncomingHttpHeaders, says: OurHeaders): ReplyHeaders {
  const list = listReplyHeaders(upstream, says)
  for (const [name, value] of UNBUFFERED) if (upstream[name] === undefined) list.push(name, value)
  return list
}
