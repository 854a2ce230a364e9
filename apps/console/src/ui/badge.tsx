import {
  AlertTriangle,
  Ban,
  CheckCircle2,
  Circle,
  CircleDashed,
  CircleHelp,
  Clock,
  Flame,
  Hourglass,
  Loader2,
  MinusCircle,
  Pause,
  ShieldAlert,
  XCircle,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

import { classes } from './classes.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'calm'

const TONES: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  calm: 'bg-sunken text-muted',
}

export function Badge({ tone = 'calm', icon: Icon, children, spin = false }: { tone?: Tone; icon?: LucideIcon; children: ReactNode; spin?: boolean }) {
  return (
    <span className={classes('inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-[0.78rem] font-medium whitespace-nowrap', TONES[tone])}>
      {Icon && <Icon aria-hidden size={13} className={spin ? 'motion-safe:animate-spin' : undefined} />}
      {children}
    </span>
  )
}

interface Look {
  tone: Tone
  icon: LucideIcon
  word: string
  spin?: boolean
}

/** States of sessions, nodes and approvals: never by colour alone. */
export const STATES: Record<string, Look> = {
  active: { tone: 'info', icon: Loader2, word: 'active', spin: true },
  running: { tone: 'info', icon: Loader2, word: 'running', spin: true },
  paused: { tone: 'warn', icon: Pause, word: 'paused' },
  waiting: { tone: 'warn', icon: Hourglass, word: 'waiting' },
  waiting_approval: { tone: 'warn', icon: ShieldAlert, word: 'needs approval' },
  waiting_input: { tone: 'warn', icon: CircleHelp, word: 'has a question' },
  pending: { tone: 'calm', icon: CircleDashed, word: 'pending' },
  completed: { tone: 'good', icon: CheckCircle2, word: 'completed' },
  approved: { tone: 'good', icon: CheckCircle2, word: 'approved' },
  failed: { tone: 'bad', icon: XCircle, word: 'failed' },
  rejected: { tone: 'bad', icon: XCircle, word: 'rejected' },
  skipped: { tone: 'calm', icon: MinusCircle, word: 'skipped' },
  canceled: { tone: 'calm', icon: Ban, word: 'canceled' },
  expired: { tone: 'calm', icon: Clock, word: 'expired' },
  superseded: { tone: 'calm', icon: MinusCircle, word: 'set aside' },
  open: { tone: 'warn', icon: Hourglass, word: 'open' },
}

export function StateBadge({ state }: { state: string }) {
  const { tone, icon, word, spin } = STATES[state] ?? { tone: 'calm', icon: Circle, word: state }
  return (
    <Badge tone={tone} icon={icon} spin={spin ?? false}>
      {word}
    </Badge>
  )
}

const RISKS: Record<string, Look> = {
  low: { tone: 'calm', icon: Circle, word: 'low risk' },
  medium: { tone: 'warn', icon: AlertTriangle, word: 'medium risk' },
  high: { tone: 'bad', icon: ShieldAlert, word: 'high risk' },
  critical: { tone: 'bad', icon: Flame, word: 'critical risk' },
}

export function RiskBadge({ level }: { level: string }) {
  const { tone, icon, word } = RISKS[level] ?? { tone: 'calm', icon: Circle, word: level }
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  )
}
