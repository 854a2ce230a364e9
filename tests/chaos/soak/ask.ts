import { request, type Agent, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export interface Asking {
  url: string
  key: string
  agent: Agent
  path: string
  body: object | string
  headers?: Record<string, string>
  /** Goes away after so many bytes of the answer, or so many milliseconds without any. */
  leaveAfter?: { bytes: number; milliseconds: number }
  /** How long it rests after every piece that it reads, milliseconds. */
  rest?: number
}

/** What a caller got. */
export interface Got {
  status: number
  headers: IncomingMessage['headers']
  text: string
  /** How it ended: whole, broken off by the other side, because we left, or not in time. */
  end: 'whole' | 'broken' | 'left' | 'stuck'
}

/** Longer than every limit of the gateway's: what has not ended by then never will. */
const STUCK_MS = 40_000

/** One request, read to its end, whatever that is. */
export async function ask({ url, key, agent, path, body, headers = {}, leaveAfter, rest = 0 }: Asking): Promise<Got> {
  const got: Got = { status: 0, headers: {}, text: '', end: 'whole' }
  const outgoing = request(`${url}${path}`, {
    method: 'POST',
    agent,
    headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json', ...headers },
  })
  const leave = (end: 'left' | 'stuck') => (): void => {
    got.end = end
    outgoing.destroy()
  }
  const timers = [setTimeout(leave('stuck'), STUCK_MS), ...(leaveAfter ? [setTimeout(leave('left'), leaveAfter.milliseconds)] : [])]
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => outgoing.once('response', resolve).on('error', reject))
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
    const response = await answered
    got.status = response.statusCode ?? 0
    got.headers = response.headers
    for await (const piece of response.setEncoding('utf8')) {
      got.text += piece as string
      if (leaveAfter && got.text.length >= leaveAfter.bytes) leave('left')()
      if (rest > 0) await pause(rest)
    }
  } catch {
    if (got.end === 'whole') got.end = 'broken'
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
  return got
}
