import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

import type { AppError } from '@signalbox/errors'

import { judgeReply } from './judge-reply.ts'
import { toReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'
import { createStreamSink } from './stream-sink.ts'
import { createWholeSink } from './whole-sink.ts'

/** Where a reply's body goes; or what is wrong with it; or that the caller has been told all there is. */
export function openReply(
  reply: { status: number; headers: IncomingHttpHeaders },
  to: { outgoing: ServerResponse; stream: boolean; host: string; ours: Record<string, string> },
): ReplySink | AppError | 'told' {
  const { outgoing, host } = to
  const { status } = reply
  const verdict = judgeReply({ status, contentType: reply.headers['content-type'] }, to)
  if (verdict.type === 'refused') return verdict.error
  const headers = toReplyHeaders(reply.headers, to.ours)
  switch (verdict.type) {
    case 'stream':
      return createStreamSink(outgoing, { headers, host })
    case 'whole':
      return createWholeSink(outgoing, { status, headers, contentLength: reply.headers['content-length'], host })
    case 'reworded': {
      delete headers['content-encoding']
      headers['content-type'] = 'application/json'
      outgoing.writeHead(status, headers)
      outgoing.end(JSON.stringify(verdict.body))
      return 'told'
    }
  }
}
