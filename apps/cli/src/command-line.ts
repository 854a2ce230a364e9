import { parseArgs, type ParseArgsConfig } from 'node:util'

import type { Command, CommandOption, Options } from './command.ts'
import { COMMANDS } from './commands.ts'
import { UsageFailure } from './failure.ts'

/** Options that every command takes. */
export const COMMON_OPTIONS: Record<string, CommandOption> = {
  json: { type: 'boolean', help: 'print the API’s JSON and nothing else' },
  url: { type: 'string', value: 'URL', help: 'the gateway (default SIGNALBOX_URL, or http://127.0.0.1:8000)' },
  data: { type: 'string', value: 'FOLDER', help: 'the data folder of npm start, for its keys (default DATA_DIR, or .signalbox)' },
  operator: { type: 'boolean', help: 'with the operator key: others’ sessions too' },
  help: { type: 'boolean', help: 'this text' },
}

/** What was asked for: help on something, or a command with its words and options. */
export type Request = { type: 'help'; topic: string; isError: boolean } | { type: 'command'; command: Command; words: string[]; options: Options }

/** @throws UsageFailure naming what is wrong, and where to read more. */
export function readCommandLine(args: string[]): Request {
  const { values, positionals } = parse(args)
  const typed = positionals[0] === 'help' ? positionals.slice(1) : positionals
  const command = COMMANDS.find(({ name }) => name === typed.slice(0, name.split(' ').length).join(' '))
  const wantsHelp = values['help'] === true || positionals[0] === 'help'
  if (!command) return toGroup(typed, wantsHelp)
  if (wantsHelp) return { type: 'help', topic: command.name, isError: false }

  const words = typed.slice(command.name.split(' ').length)
  const unknown = Object.keys(values).find((name) => !(name in COMMON_OPTIONS) && !(name in command.options))
  if (unknown !== undefined) throw new UsageFailure(`signalbox ${command.name} takes no --${unknown}. ${seeHelp(command.name)}`)
  if (words.length < command.words.length)
    throw new UsageFailure(`signalbox ${command.name} needs ${command.words[words.length] ?? ''}. ${seeHelp(command.name)}`)
  if (words.length > command.words.length) throw new UsageFailure(`signalbox ${command.name} takes no '${words.at(-1) ?? ''}'. ${seeHelp(command.name)}`)
  const empty = words.findIndex((word) => word.trim() === '')
  if (empty !== -1) throw new UsageFailure(`${command.words[empty] ?? ''} must not be empty. ${seeHelp(command.name)}`)
  return { type: 'command', command, words, options: values }
}

/** No command, or the first word of several: their help. */
function toGroup(typed: readonly string[], wantsHelp: boolean): Request {
  const [first = ''] = typed
  const isGroup = COMMANDS.some(({ name }) => name.startsWith(`${first} `))
  if (typed.length > 0 && !(isGroup && typed.length === 1))
    throw new UsageFailure(`There is no command '${typed.slice(0, 2).join(' ')}'. See signalbox --help.`)
  return { type: 'help', topic: first, isError: !wantsHelp }
}

function parse(args: string[]): { values: Options; positionals: string[] } {
  const known = Object.assign({}, COMMON_OPTIONS, ...COMMANDS.map(({ options }) => options)) as Record<string, CommandOption>
  const options: NonNullable<ParseArgsConfig['options']> = Object.fromEntries(Object.entries(known).map(([name, { type }]) => [name, { type }]))
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { ...options, help: { type: 'boolean', short: 'h' } } })
    return { values, positionals }
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\. |\n/)
    throw new UsageFailure(`${first.replace(/\.$/, '')}. See signalbox --help.`)
  }
}

function seeHelp(name: string): string {
  return `See signalbox ${name} --help.`
}
