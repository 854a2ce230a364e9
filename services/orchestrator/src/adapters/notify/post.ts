import { request, type Agent } from 'undici'

/** More of an answer than this is not read. */
const LARGEST_ANSWER = 64 * 1_024

export interface Answer {
  status: number
  /** Its beginning. */
  text: string
  /** How long the other side asks to be left alone. */
  afterMs: number | undefined
}

/** Posts JSON. Redirects are answers like others, and are not followed. Throws what undici throws. */
export async function post(agent: Agent, url: string, options: { headers: Record<string, string>; body: string; signal: AbortSignal }): Promise<Answer> {
  const { headers, body, signal } = options
  const answer = await request(url, {
    dispatcher: agent,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Signalbox' },
    body,
    signal,
  })
  return { status: answer.statusCode, text: await readBeginning(answer.body), afterMs: toMilliseconds(answer.headers['retry-after']) }
}

/** Whether the message was taken is in the status; an answer that breaks off takes nothing back. */
async function readBeginning(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, LARGEST_ANSWER - length))
      length += chunk.length
      if (length >= LARGEST_ANSWER) break
    }
  } catch {
    // What came so far is all there is.
  }
  return Buffer.concat(chunks).toString('utf8')
}

function toMilliseconds(header: string | string[] | undefined): number | undefined {
  const [text] = [header].flat()
  if (text === undefined) return undefined
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isFinite(wait) && wait > 0 ? wait : undefined
}
