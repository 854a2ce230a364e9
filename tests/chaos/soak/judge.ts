import { answerTo } from './faulty-model.ts'
import type { Got } from './ask.ts'

/** What is wrong with an answer, in words; undefined where nothing is. What an upstream's faults make of it is told rightly, or it is wrong. */
export type Judge = (got: Got, mark: string) => string | undefined

/** A mark of somebody else in an answer is the worst that can be. */
function findForeign({ text }: Got, mark: string): string | undefined {
  const foreign = text.match(/\bm\d+x\b/g)?.find((found) => found !== mark)
  return foreign === undefined ? undefined : `holds ${foreign}, which is somebody else's`
}

/** An error in OpenAI's shape, with a status that says so. */
function judgeError({ status, headers, text }: Got): string | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return `is a ${status} without JSON: ${text.slice(0, 200)}`
  if (headers['x-request-id'] === undefined) return `is a ${status} without a request id`
  const error = readError(text)
  if (error === undefined) return `is a ${status} whose error cannot be read: ${text.slice(0, 200)}`
  return status === 500 && !text.includes('The server had an error.') ? `is a 500 of our own: ${text.slice(0, 200)}` : undefined
}

function judgeEnd({ end, status }: Got): string | undefined {
  if (end === 'stuck') return `did not end (status ${status})`
  return end === 'broken' ? `broke off without a word (status ${status})` : undefined
}

export const judgeWhole: Judge = (got, mark) => {
  if (got.end === 'left') return findForeign(got, mark)
  const fault = judgeEnd(got) ?? findForeign(got, mark)
  if (fault !== undefined) return fault
  if (got.status !== 200) return judgeError(got)
  const { choices } = JSON.parse(got.text) as { choices: { message: { content: string } }[] }
  const content = choices[0]?.message.content
  return content === answerTo(mark) ? undefined : `says ${JSON.stringify(content).slice(0, 200)}`
}

export const judgeStream: Judge = (got, mark) => {
  if (got.end === 'left') return findForeign(got, mark)
  const fault = judgeEnd(got) ?? findForeign(got, mark)
  if (fault !== undefined) return fault
  if (got.status !== 200) return judgeError(got)
  const events = dataIn(got.text)
  const content = contentOf(events)
  // A stream that gave its reason to finish is whole, with [DONE] or without.
  if (events.at(-1) === '[DONE]' || events.at(-1)?.includes('"finish_reason":"stop"') === true)
    return content === answerTo(mark) ? undefined : `is said to be whole, and says ${content.slice(0, 200)}`
  if (readError(events.at(-1) ?? '') === undefined) return `ends without [DONE] and without an error: …${got.text.slice(-200)}`
  return answerTo(mark).startsWith(content) ? undefined : `broke off after something else: ${content.slice(0, 200)}`
}

/** A session's answer ends with what its one node was told to say. */
export const judgeComplexStream: Judge = (got, mark) => {
  if (got.end === 'left') return findForeign(got, mark)
  const fault = judgeEnd(got) ?? findForeign(got, mark)
  if (fault !== undefined) return fault
  if (got.status !== 200) return judgeError(got)
  const events = dataIn(got.text)
  if (events.at(-1) !== '[DONE]')
    return readError(events.at(-1) ?? '') === undefined ? `ends without [DONE] and without an error: …${got.text.slice(-200)}` : undefined
  return contentOf(events).includes(mark) ? undefined : `says nothing of its own: ${contentOf(events).slice(0, 200)}`
}

export const judgeComplexWhole: Judge = (got, mark) => {
  if (got.end === 'left') return findForeign(got, mark)
  const fault = judgeEnd(got) ?? findForeign(got, mark)
  if (fault !== undefined) return fault
  if (got.status !== 200) return judgeError(got)
  return got.text.includes(mark) ? undefined : `says nothing of its own: ${got.text.slice(0, 200)}`
}

/** Routed by a classifier that fails as often as the model does: either way is right, a wrong answer is not. */
export const judgeRouted: Judge = (got, mark) => (got.headers['x-signalbox-route'] === 'complex' ? judgeComplexStream(got, mark) : judgeStream(got, mark))

export const judgeEmbedding: Judge = (got, mark) => {
  const fault = judgeEnd(got) ?? findForeign(got, mark)
  if (fault !== undefined || got.end === 'left') return fault
  if (got.status !== 200) return judgeError(got)
  return got.text.includes(mark) ? undefined : `is an embedding of something else: ${got.text.slice(0, 200)}`
}

export const judgeRefusal: Judge = (got) => judgeEnd(got) ?? (got.status >= 400 && got.status < 500 ? judgeError(got) : `is answered with ${got.status}`)

function dataIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))
}

function contentOf(events: readonly string[]): string {
  return events
    .filter((data) => data.startsWith('{'))
    .map((data) => (JSON.parse(data) as { choices?: { delta: { content?: string } }[] }).choices?.[0]?.delta.content ?? '')
    .join('')
}

function readError(text: string): object | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: Record<string, unknown> }
    return error && ['message', 'type', 'param', 'code'].every((key) => key in error) ? error : undefined
  } catch {
    return undefined
  }
}
