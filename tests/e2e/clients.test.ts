import { afterAll, beforeAll, expect, test } from 'vitest'

import { openClients, type Client } from './openai-clients.ts'
import { openRememberingClients, openResponsesClients } from './responses-clients.ts'
import { readAsPython } from './python-sse.ts'
import { approve, askToDeploy, CUT, openWireHouse, WIRE_MODEL, type WireHouse } from './wire-house.ts'

/* Unmodified clients of OpenAI's API, as people have them, over everything that can come of a request. */

let house: WireHouse

beforeAll(async () => {
  house = await openWireHouse()
})

afterAll(() => house?.[Symbol.asyncDispose]())

const clients = [...openClients(), ...openResponsesClients()].map((client): [string, Client] => [client.name, client])
const user = (content: string) => ({ role: 'user' as const, content })
const ORCHESTRATED = 'signalbox-orchestrated'
/** The model under which a conversation goes on in the session that its last answer names. */
const AUTO = 'signalbox-auto'
/** A name that is a word of its own in prompts and arguments. */
const toStep = (story: string, { name }: Client): string => `${story}-${name.replaceAll(/\W+/g, '-')}`

test.concurrent.each(clients)('%s: the model’s own answer arrives whole', async (_name, client) => {
  const question = `hello from ${client.name}`
  expect(await client.ask(house.signalbox, { model: WIRE_MODEL, messages: [user(question)] })).toBe(client.expected(question))
})

test.concurrent.each(clients)('%s: an orchestrated answer arrives, and its progress is no part of it', async (_name, client) => {
  const step = toStep('told', client)
  const answer = await client.ask(house.signalbox, { model: ORCHESTRATED, messages: [user(`Ask mock-search to tell it [say it is ${step}].`)] })
  expect(answer).toContain(`it is ${step}`)
  expect(answer).not.toMatch(/asking mock-search|Planning/)
})

test.concurrent.each(openRememberingClients().map((client) => [client.name, client] as const))(
  '%s: a conversation that the client remembers itself goes on, after the model’s own words and after a session’s',
  async (name, client) => {
    const [first, second] = [`hello from ${name}`, `and again from ${name}`]
    expect(await client.converse(house.signalbox, WIRE_MODEL, [first, second])).toEqual([first, second].map((question) => `You said: ${question} – naïve ☂ 🜚`))
    const asked = house.model.calls.findLast(({ prompt }) => prompt.includes(second))
    expect(JSON.stringify(asked?.body['messages'])).toContain(`You said: ${first}`)
    const told = await client.converse(house.signalbox, ORCHESTRATED, [`Ask mock-search to tell it [say it is ${name.length}].`, 'And shorter?'])
    expect(told[0]).toContain(`it is ${name.length}`)
    expect(told).toHaveLength(2)
  },
)

test.concurrent.each(clients)('%s: an approval that is given in time is waited for, and the answer goes on', async (_name, client) => {
  const step = toStep('in-time', client)
  const [answer] = await Promise.all([client.ask(house.signalbox, { model: ORCHESTRATED, messages: [user(askToDeploy(step))] }), approve(house, step)])
  expect(answer).toContain(`deploy ran with {"step":"${step}"}`)
})

test.concurrent.each(clients)('%s: where nobody decides the turn ends and says where to, and the next turn has the result', async (_name, client) => {
  const step = toStep('later', client)
  const question = user(askToDeploy(step))
  const told = await client.ask(house.signalbox, { model: ORCHESTRATED, messages: [question], headers: { 'x-signalbox-approval': 'return' } })
  expect(told).toMatch(/Approval needed[\s\S]*\/approvals\/apr_[\s\S]*Ref: ses_/)
  await approve(house, step)
  const answer = await client.ask(house.signalbox, { model: AUTO, messages: [question, { role: 'assistant', content: told }, user('And now?')] })
  expect(answer).toContain(`deploy ran with {"step":"${step}"}`)
})

test.concurrent.each(clients)('%s: a model that breaks off in the middle is an error that can be read, on both paths', async (_name, client) => {
  for (const asked of [
    { model: WIRE_MODEL, messages: [user('hello [cut]')] },
    { model: ORCHESTRATED, messages: [user(`Tell me about the war, and ${CUT}.`)] },
  ]) {
    const fault = await client.ask(house.signalbox, asked).then(
      (text) => new Error(`it answered: ${text}`),
      (error: unknown) => error as Error,
    )
    expect(tell(fault)).toMatch(/broke|ended|failed/)
    expect(fault).not.toBeInstanceOf(TypeError)
    expect(fault).not.toBeInstanceOf(SyntaxError)
  }
})

test('openai-python’s decoder is ported with its quirks: an id, or a retry that stands alone, is its end', async () => {
  const read = async (text: string): Promise<unknown[]> => {
    const chunks: unknown[] = []
    for await (const chunk of readAsPython(byteByByte(text))) chunks.push(chunk)
    return chunks
  }
  await expect(read('data: {"a":1}\n\n: a comment\n\ndata: {"a":"ü"}\r\n\r\ndata: [DONE]\n\n')).resolves.toEqual([{ a: 1 }, { a: 'ü' }])
  await expect(read('id: 1\ndata: {"a":1}\n\n: keep-alive\n\n')).rejects.toThrow(SyntaxError)
  await expect(read('retry: 5\n\n')).rejects.toThrow(SyntaxError)
  await expect(read('data: {"error":{"message":"gone"}}\n\n')).rejects.toThrow('gone')
})

/** An error's words, wherever its client has put them. */
function tell(error: unknown): string {
  return error instanceof Error ? `${error.message} ${tell(error.cause ?? '')}` : JSON.stringify(error)
}

async function* byteByByte(text: string): AsyncGenerator<Uint8Array> {
  for (const byte of Buffer.from(text)) yield Uint8Array.of(byte)
}
