/** The same request as a program would make it. */
export interface CodeRequest {
  baseUrl: string
  model: string
  messages: readonly { role: string; content: string }[]
  stream: boolean
  /** Of the session that the conversation is about. */
  sessionId?: string
}

export type CodeLanguage = 'curl' | 'node' | 'python'

/** Stands where the key goes: no key is ever in copied code. */
const KEY_VARIABLE = 'SIGNALBOX_API_KEY'

/** A request as code that can be run as it is, with the key taken from the environment. */
export function toCode(language: CodeLanguage, request: CodeRequest): string {
  switch (language) {
    case 'curl':
      return toCurl(request)
    case 'node':
      return toNode(request)
    case 'python':
      return toPython(request)
  }
}

function toCurl({ baseUrl, model, messages, stream, sessionId }: CodeRequest): string {
  const body = escapeUnseen(JSON.stringify({ model, messages, ...(stream && { stream: true }) }, null, 2))
  return [
    `curl ${stream ? '-N ' : ''}${quoteShell(`${baseUrl}/chat/completions`)} \\`,
    `  -H "Authorization: Bearer $${KEY_VARIABLE}" \\`,
    `  -H 'Content-Type: application/json' \\`,
    ...(sessionId === undefined ? [] : [`  -H ${quoteShell(`X-Session-Id: ${sessionId}`)} \\`]),
    `  -d ${quoteShell(body)}`,
  ].join('\n')
}

/** Nothing in single quotes means anything to a shell but the quote itself. */
function quoteShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function toNode({ baseUrl, model, messages, stream, sessionId }: CodeRequest): string {
  const options = sessionId === undefined ? '' : `, { headers: { 'X-Session-Id': ${toScriptString(sessionId)} } }`
  const request = `{\n  model: ${toScriptString(model)},\n  messages: [\n${messages.map(({ role, content }) => `    { role: ${toScriptString(role)}, content: ${toScriptString(content)} },`).join('\n')}\n  ],${stream ? '\n  stream: true,' : ''}\n}`
  const read = stream
    ? `for await (const chunk of answer) process.stdout.write(chunk.choices[0]?.delta?.content ?? '')`
    : `console.log(answer.choices[0].message.content)`
  return [
    `import OpenAI from 'openai'`,
    ``,
    `const client = new OpenAI({ baseURL: ${toScriptString(baseUrl)}, apiKey: process.env.${KEY_VARIABLE} })`,
    ``,
    `const answer = await client.chat.completions.create(${request}${options})`,
    read,
  ].join('\n')
}

/** A JSON string is a string of JavaScript, too. */
function toScriptString(text: string): string {
  return escapeUnseen(JSON.stringify(text))
}

/** What nobody would see in the code is spelled out: it might turn the direction of writing, or end a line. */
function escapeUnseen(json: string): string {
  return json.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''),
  )
}

const UNSEEN = /[\u0080-\u009f\u2028\u2029\p{Cf}]/gu

/** Python reads `\ud83d\ude00` as two halves of a character, so what is beyond the basic plane is written with its own escape. */
function toPythonString(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`)
}

function toPython({ baseUrl, model, messages, stream, sessionId }: CodeRequest): string {
  const request = [
    `    model=${toPythonString(model)},`,
    `    messages=[`,
    ...messages.map(({ role, content }) => `        {"role": ${toPythonString(role)}, "content": ${toPythonString(content)}},`),
    `    ],`,
    ...(stream ? [`    stream=True,`] : []),
    ...(sessionId === undefined ? [] : [`    extra_headers={"X-Session-Id": ${toPythonString(sessionId)}},`]),
  ]
  const read = stream
    ? [`for chunk in answer:`, `    if chunk.choices:`, `        print(chunk.choices[0].delta.content or "", end="", flush=True)`]
    : [`print(answer.choices[0].message.content)`]
  return [
    `import os`,
    `from openai import OpenAI`,
    ``,
    `client = OpenAI(base_url=${toPythonString(baseUrl)}, api_key=os.environ["${KEY_VARIABLE}"])`,
    ``,
    `answer = client.chat.completions.create(`,
    ...request,
    `)`,
    ...read,
  ].join('\n')
}
