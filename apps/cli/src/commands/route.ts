import type { Command } from '../command.ts'
import { readText } from '../options.ts'
import { renderRoute } from '../show/route-page.ts'
import { toSafeJson } from '../show/safe-json.ts'

export const route: Command = {
  name: 'route',
  summary: 'which way a question would go, why, and by which plan; runs nothing',
  words: ['QUESTION'],
  options: {
    'model': { type: 'string', value: 'MODEL', help: 'as if this model were asked for (default signalbox-auto)' },
    'no-plan': { type: 'boolean', help: 'the decision alone, without asking the planner' },
  },
  async run({ words, options, gateway, terminal, json }) {
    const explained = await gateway.explainRoute({
      question: words[0] ?? '',
      model: readText(options, 'model') ?? 'signalbox-auto',
      withPlan: options['no-plan'] !== true,
    })
    if (json) terminal.print(toSafeJson(explained.json, 2))
    else for (const line of renderRoute(explained.value, terminal)) terminal.print(line)
    return 0
  },
}
