import { spawnSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import { toCode, type CodeRequest } from './to-code.ts'

const HARD = `It's "hard": \\n $HOME \`id\` $(id) é 😀 \u202e\u2028 end`
const REQUEST: CodeRequest = {
  baseUrl: 'http://127.0.0.1:8080/v1',
  model: 'signalbox-auto',
  messages: [{ role: 'user', content: HARD }],
  stream: true,
}

describe('copied code', () => {
  it('sends through a shell exactly what was asked', () => {
    const { stdout } = spawnSync('sh', ['-c', toCode('curl', REQUEST).replace(/^curl/, `printf '%s\\n'`)], {
      encoding: 'utf8',
      env: { SIGNALBOX_API_KEY: 'k' },
    })
    expect(JSON.parse(stdout.slice(stdout.indexOf('{\n')))).toEqual({ model: 'signalbox-auto', messages: [{ role: 'user', content: HARD }], stream: true })
    expect(stdout).toContain('Authorization: Bearer k')
    expect(stdout).toContain('http://127.0.0.1:8080/v1/chat/completions')
  })

  it('is a program that says exactly what was asked', () => {
    const code = toCode('node', REQUEST)
      .replace(
        `import OpenAI from 'openai'`,
        `const out = []; class OpenAI { constructor(o) { out.push(o) } chat = { completions: { create: async (r) => { out.push(r); return [] } } } }`,
      )
      .concat(`\nprocess.stdout.write(JSON.stringify(out))`)
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env: { SIGNALBOX_API_KEY: 'k' } })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([
      { baseURL: REQUEST.baseUrl, apiKey: 'k' },
      { model: 'signalbox-auto', messages: [{ role: 'user', content: HARD }], stream: true },
    ])
  })

  it('is Python with every character as it was, or spelled out', () => {
    const code = toCode('python', { ...REQUEST, stream: false, sessionId: 'ses_1' })
    expect(code).toContain('extra_headers={"X-Session-Id": "ses_1"}')
    expect(code).toContain('😀 \\U0000202e\\U00002028 end"')
    expect(code).toContain('print(answer.choices[0].message.content)')
  })

  it('never holds a key or an invisible character', () => {
    for (const language of ['curl', 'node', 'python'] as const) {
      expect(toCode(language, REQUEST)).not.toMatch(/[\p{Cf}\u2028]/u)
      expect(toCode(language, REQUEST)).toContain('SIGNALBOX_API_KEY')
    }
  })
})
