import type { NodeState } from '@signalbox/contracts'
import {
  Bot,
  Brain,
  CheckCircle2,
  CircleDashed,
  CircleHelp,
  GitFork,
  Hourglass,
  Loader2,
  MinusCircle,
  Network,
  PenLine,
  Search,
  ShieldAlert,
  Split,
  Vote,
  XCircle,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'

import type { GraphNode } from './to-graph.ts'

export interface StateLook {
  word: string
  icon: LucideIcon
  text: string
  soft: string
  /** A plain colour, for the small map and for bars. */
  fill: string
  spin: boolean
}

const LOOKS: Record<NodeState['state'], StateLook> = {
  pending: { word: 'Pending', icon: CircleDashed, text: 'text-faint', soft: 'bg-sunken', fill: 'var(--line-strong)', spin: false },
  running: { word: 'Running', icon: Loader2, text: 'text-info', soft: 'bg-info-soft', fill: 'var(--info)', spin: true },
  waiting: { word: 'Waiting', icon: Hourglass, text: 'text-warn', soft: 'bg-warn-soft', fill: 'var(--warn)', spin: false },
  completed: { word: 'Done', icon: CheckCircle2, text: 'text-good', soft: 'bg-good-soft', fill: 'var(--good)', spin: false },
  failed: { word: 'Failed', icon: XCircle, text: 'text-bad', soft: 'bg-bad-soft', fill: 'var(--bad)', spin: false },
  skipped: { word: 'Skipped', icon: MinusCircle, text: 'text-faint', soft: 'bg-sunken', fill: 'var(--line-strong)', spin: false },
}

/** How a state looks, and what it is called: never a colour alone. */
export function lookOf({ state, waits_for: waitsFor, skip_reason: reason }: Pick<NodeState, 'state' | 'waits_for' | 'skip_reason'>): StateLook {
  const look = LOOKS[state]
  if (state === 'waiting' && waitsFor === 'approval') return { ...look, word: 'Needs approval', icon: ShieldAlert }
  if (state === 'waiting' && waitsFor === 'input') return { ...look, word: 'Asks', icon: CircleHelp }
  if (state === 'skipped' && reason === 'rejected') return { ...look, word: 'Rejected', text: 'text-bad' }
  return look
}

const BY_SKILL: Record<string, LucideIcon> = { 'retrieve': Search, 'answer-from-knowledge': Search, 'reason': Brain, 'answer': PenLine, 'plan': Network }

/** What kind of work it is, at a glance. */
export function iconOf({ kind, skill, isAnswer }: Pick<GraphNode, 'kind' | 'skill' | 'isAnswer'>): LucideIcon {
  if (kind === 'map') return Split
  if (kind === 'vote') return Vote
  if (kind === 'plan') return GitFork
  if (kind === 'approval') return ShieldAlert
  if (isAnswer) return PenLine
  return (skill === undefined ? undefined : BY_SKILL[skill]) ?? Bot
}

/** What a node is called in words that a screen reader says, and a row of the table begins with: the same for both. */
export function nameOf(node: Pick<GraphNode, 'label' | 'agent' | 'state'>): string {
  return `${node.label}, ${node.agent}: ${lookOf(node.state).word}`
}

/** Milliseconds that it took, or has taken so far; undefined where it has not begun. */
export function tookMs({ started_at: from, finished_at: to }: NodeState, now: number): number | undefined {
  return from === undefined ? undefined : Math.max(0, (to === undefined ? now : Date.parse(to)) - Date.parse(from))
}
