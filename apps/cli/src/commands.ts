import type { Command } from './command.ts'
import { agents } from './commands/agents.ts'
import { approvalsApprove, approvalsEdit, approvalsExtend, approvalsReject } from './commands/approvals-decide.ts'
import { approvalsList, approvalsShow } from './commands/approvals.ts'
import { auditList, auditVerify } from './commands/audit.ts'
import { deadLettersDrop, deadLettersList, deadLettersRedrive, deadLettersShow, sessionsRedrive } from './commands/dead-letters.ts'
import { route } from './commands/route.ts'
import { sessionsWatch } from './commands/sessions-watch.ts'
import { sessionsAnswer, sessionsCancel, sessionsList, sessionsPause, sessionsResume, sessionsShow } from './commands/sessions.ts'

/** Everything that can be asked for, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  sessionsList,
  sessionsShow,
  sessionsWatch,
  sessionsAnswer,
  sessionsPause,
  sessionsResume,
  sessionsCancel,
  sessionsRedrive,
  approvalsList,
  approvalsShow,
  approvalsApprove,
  approvalsReject,
  approvalsEdit,
  approvalsExtend,
  deadLettersList,
  deadLettersShow,
  deadLettersRedrive,
  deadLettersDrop,
  agents,
  route,
  auditList,
  auditVerify,
]
