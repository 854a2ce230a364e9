import type { Command } from './command.ts'
import { agents } from './commands/agents.ts'
import { deadLettersDrop, deadLettersList, deadLettersRedrive, deadLettersShow } from './commands/dead-letters.ts'
import { sessionsWatch } from './commands/sessions-watch.ts'
import { sessionsCancel, sessionsList, sessionsPause, sessionsResume, sessionsShow } from './commands/sessions.ts'

/** Everything that can be asked for, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  sessionsList,
  sessionsShow,
  sessionsWatch,
  sessionsPause,
  sessionsResume,
  sessionsCancel,
  deadLettersList,
  deadLettersShow,
  deadLettersRedrive,
  deadLettersDrop,
  agents,
]
