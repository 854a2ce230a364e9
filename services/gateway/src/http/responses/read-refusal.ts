import { readWhole, type UpstreamReply } from '../../adapters/responses/upstream-reply.ts'
import { judgeReply } from '../simple/judge-reply.ts'
import { toReplyHeaders } from '../simple/reply-headers.ts'
import { oneValue } from '../to-routing-facts.ts'

/** As much of a reply in one piece as is read, bytes. */
export const LARGEST_REPLY = 64 * 1_024 * 1_024

/** What is to be said where the endpoint did not answer with what was asked for. @throws AppError for what cannot be passed on. */
export async function readRefusal(reply: UpstreamReply, stream: boolean, host: string, headers: Record<string, string>): Promise<Response | undefined> {
  const verdict = judgeReply({ status: reply.status, contentType: oneValue(reply.headers['content-type']) }, { stream, host })
  switch (verdict.type) {
    case 'refused':
      reply.settle()
      throw verdict.error
    case 'reworded':
      reply.settle()
      return Response.json(verdict.body, { status: reply.status, headers })
    case 'whole': {
      if (reply.status === 200) return undefined
      const body = await readWhole(reply, LARGEST_REPLY, host)
      return new Response(new Uint8Array(body), { status: reply.status, headers: { ...toPlainHeaders(reply), ...headers, 'content-type': 'application/json' } })
    }
    case 'stream':
      return undefined
  }
}

/** The endpoint's headers without those that speak of its own body. */
export function toPlainHeaders({ headers }: UpstreamReply): Record<string, string> {
  const { 'content-type': _type, 'content-encoding': _encoding, 'content-length': _length, ...rest } = toReplyHeaders(headers)
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}
