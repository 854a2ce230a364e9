import { openGateway } from './api/gateway.ts'
import type { Invocation } from './command.ts'
import { readCommandLine } from './command-line.ts'
import { findConnection } from './connection.ts'
import { Failure } from './failure.ts'
import { renderHelp } from './help.ts'
import { readText } from './options.ts'
import type { Terminal } from './terminal.ts'

export interface World {
  terminal: Terminal
  environment: Readonly<Record<string, string | undefined>>
  /** Where `npm start` was said, so where its data folder is by default. */
  projectFolder: string
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  readInput: Invocation['readInput']
}

/** Does what the command line asks for. Answers the exit code: 0 done, 1 not done, 2 asked for wrongly, 3 somebody else was first. */
export async function run(args: string[], { terminal, environment, projectFolder, signal, readInput }: World): Promise<number> {
  try {
    const request = readCommandLine(args)
    if (request.type === 'help') {
      const text = renderHelp(request.topic).trimEnd()
      if (request.isError) terminal.note(text)
      else terminal.print(text)
      return request.isError ? 2 : 0
    }
    const { command, words, options } = request
    const wish = options['operator'] === true || options['all'] === true ? 'operator' : (command.key ?? 'own')
    const connection = await findConnection({ url: readText(options, 'url'), data: readText(options, 'data') }, environment, projectFolder, wish)
    return await command.run({
      words,
      options,
      terminal,
      signal,
      json: options['json'] === true,
      gateway: openGateway(connection, signal),
      isOperator: connection.isOperator,
      now: Date.now,
      readInput,
    })
  } catch (error) {
    if (signal.aborted) {
      terminal.note('Interrupted.')
      return 1
    }
    if (!(error instanceof Failure)) throw error
    terminal.note(`signalbox: ${error.message}`)
    return error.exitCode
  }
}
