import type { MiddlewareHandler } from 'hono'
import { z } from 'zod'

/** A JSON-RPC call, as far as one must read it to answer it wrongly. */
const callSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).nullish(),
  method: z.string(),
  params: z.looseObject({ message: z.looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })) }) }),
})

/**
 * Answers the messages that ask for it with what is no A2A at all: JSON-RPC in its envelope, and a
 * result that is no task, no message and no event. `tellsLies` looks at a message's text; a call
 * that it is true of is told to `onLie` by its idempotency key.
 */
export function createWireLies(options: { tellsLies: (text: string) => boolean; onLie: (key: string) => void }): MiddlewareHandler {
  return async (c, next) => {
    const call = c.req.method === 'POST' ? callSchema.safeParse(await readCopy(c.req.raw)).data : undefined
    const text = call?.params.message.parts.map((part) => part.text ?? '').join('') ?? ''
    if (!call || !options.tellsLies(text)) return next()
    options.onLie(c.req.header('idempotency-key') ?? 'unkeyed')
    const answer = { jsonrpc: '2.0', id: call.id ?? null, result: { statusUpdate: 'All is well.', artifactUpdate: 7 } }
    if (!/stream/i.test(call.method)) return c.json(answer)
    return c.body(`data: ${JSON.stringify(answer)}\n\n`, 200, { 'content-type': 'text/event-stream' })
  }
}

async function readCopy(request: Request): Promise<unknown> {
  try {
    return await request.clone().json()
  } catch {
    return undefined
  }
}
