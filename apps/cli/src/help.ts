import type { Command, CommandOption } from './command.ts'
import { COMMON_OPTIONS } from './command-line.ts'
import { COMMANDS } from './commands.ts'

/** The text of `--help`: of one command, of those that share a first word, or of all. */
export function renderHelp(topic: string): string {
  const command = COMMANDS.find(({ name }) => name === topic)
  return command ? helpOf(command) : helpOfMany(COMMANDS.filter(({ name }) => topic === '' || name.startsWith(`${topic} `)))
}

function helpOf(command: Command): string {
  const { summary, options, more } = command
  const own = Object.keys(options).length === 0 ? '' : `\nOptions\n${listOptions(options)}`
  return `Usage: signalbox ${toUsage(command)} [OPTIONS]

${summary.charAt(0).toUpperCase()}${summary.slice(1)}.
${more === undefined ? '' : `\n${more}`}${own}
Common options
${listOptions(COMMON_OPTIONS)}`
}

function helpOfMany(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => toUsage(command).length))
  return `Usage: signalbox COMMAND [OPTIONS]

Sees to the sessions and the approvals of a running Signalbox, through its public API.

Commands
${commands.map((command) => `  ${toUsage(command).padEnd(width)}  ${command.summary}`).join('\n')}

Options
${listOptions(COMMON_OPTIONS)}
Every command has a --help of its own. NO_COLOR is respected.

Environment
  SIGNALBOX_URL           the gateway
  SIGNALBOX_API_KEY       one of its API keys, for your own sessions
  SIGNALBOX_OPERATOR_KEY  one of its operator keys, for approvals, the audit, and others’ sessions
Without them, for a gateway on this machine, the keys that npm start made and keeps in its data folder.

Exit codes: 0 done, 1 not done, 2 asked for wrongly, 3 somebody else was first (an approval is
decided otherwise, or has changed).
`
}

function toUsage({ name, words }: Command): string {
  return [name, ...words].join(' ')
}

function listOptions(options: Record<string, CommandOption>): string {
  const shown = Object.entries(options).map(([name, { value, help }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const)
  const width = Math.max(...shown.map(([usage]) => usage.length))
  return shown.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}\n`).join('')
}
