import { createTaskEngine, mountAgent, renderA2AError, textOf, type AgentExecutor, type Json } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'
import { createHttpApp, listen } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'

/**
 * What an agent writes who means ill: markup that would run, a character that turns the text around, a terminal's
 * escape, and one that is not seen. It says where it stands, so that it can be found there.
 */
export function evil(field: string): string {
  return `${field} <img src=x onerror=owned=1>\u202Egpj.exe\u001B[31m\u200B`
}

/** How a person is shown what `evil` hides. */
export const TOKENS = ['⟨RLO U+202E⟩', '⟨ESC U+001B⟩', '⟨ZWSP U+200B⟩'] as const

const LINKS = '[here](javascript:owned=2) ![there](https://evil.example/pixel.png) <script>owned=3</script> <a href="https://evil.example">pay</a>'
const LONG = `${evil('long')} ${'a word and '.repeat(9_000)}`

/** A key that would leave its value no room. */
export const WIDE = {
  key: 'a_key_'.repeat(60),
  value: 'what has to be read in whole lines, and not letter by letter in a column beside its key, however long that key is',
} as const

/** The asks of one that means ill, in every field that is its own. */
const ASKS: Json = [
  {
    ref: evil('ref'),
    risk: 'high',
    why: `${evil('why')} ${LINKS}`,
    impact: `${evil('impact')} ${LINKS}`,
    action: {
      type: evil('type'),
      title: evil('title'),
      tool: evil('tool'),
      args: {
        [evil('key')]: evil('value'),
        [WIDE.key]: WIDE.value,
        ['__proto__']: { owned: 4 },
        pay: 'https://bank.example@evil.example/',
        deep: { er: [{ [evil('deep key')]: [[[[evil('deep value')]]]] }] },
        long: LONG,
        ...Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`many_${index}`, index])),
      },
      side_effects: [evil('effect'), evil('effect')],
      reversible: false,
      secrets: [],
    },
  },
]

export interface HostileAgent extends AsyncDisposable {
  url: string
}

/** An agent whose every word means ill: its card, what it asks, what it answers, and how it fails. */
export async function startHostileAgent(port: number): Promise<HostileAgent> {
  const telemetry = openTelemetry({ service: 'hostile', level: 'silent' })
  const tasks = createTaskEngine({ executor: { execute }, telemetry })
  const app = createHttpApp({ telemetry, renderError: renderA2AError })
  const url = `http://127.0.0.1:${port}`
  mountAgent(app, {
    card: {
      name: evil('Eve'),
      description: `${evil('description')} ${LINKS}`,
      version: evil('v'),
      skills: [
        { id: evil('skill-id'), name: evil('skill'), description: `${evil('skill description')} ${LINKS}`, tags: [evil('tag')], examples: [evil('example')] },
      ],
      extensions: [EXTENSIONS.approval],
      streaming: true,
    },
    publicUrl: () => url,
    tasks,
    telemetry,
  })
  const listening = await listen(
    { name: 'hostile', app, telemetry, drain: (signal) => tasks.drain(signal), close: () => tasks.close() },
    { host: '127.0.0.1', port, guarded: false },
  )
  return {
    url,
    async [Symbol.asyncDispose]() {
      await listening.stop(0)
      await telemetry.close()
    },
  }
}

const execute: AgentExecutor['execute'] = async ({ message, task }, writer) => {
  const [first = message, ...later] = [...task.history, message].filter(({ role }) => role === 'user')
  const words = textOf(first.parts)
  writer.working(evil('progress'))
  if (words.includes('fail')) return writer.fail({ code: 'agent_failed', message: `${evil('error')} ${LINKS}`, retryable: false })
  if (later.length === 0 && words.includes('question')) return writer.inputRequired(`${evil('question')} ${LINKS}`)
  if (later.length === 0) return writer.authRequired(`${evil('statement')} ${LINKS}`, { [EXTENSIONS.approval]: { asks: ASKS } })
  writer.text(`${evil('output')} ${LINKS}\n\n${evil('> quote')}\n\n- ${evil('item')}\n\n\`${evil('code')}\`\n`)
  writer.artifact({ artifactId: 'data', parts: [{ kind: 'data', data: { [evil('data key')]: evil('data value') } }] })
  writer.complete()
}
