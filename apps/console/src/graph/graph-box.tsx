import { Handle, Position, useStore, type Node, type NodeProps } from '@xyflow/react'
import { ChevronDown, ChevronRight, ShieldCheck } from 'lucide-react'
import { memo } from 'react'

import { toCount } from '../ui/amounts.ts'
import { classes } from '../ui/classes.ts'
import { SafeText } from '../ui/safe-text.tsx'
import { Elapsed } from './elapsed.tsx'
import type { Direction } from './layout.ts'
import { iconOf, lookOf } from './node-look.tsx'
import { firstLine, type GraphNode } from './to-graph.ts'

export type FrameNode = Node<{ of: string; count: number; direction: Direction }, 'frame'>
export type BoxNode = Node<{ box: GraphNode; direction: Direction; heard: string | undefined; onToggle: (id: string) => void }, 'box'>

/** One node of the picture. Its text is the agent's and the planner's, so all of it is drawn as theirs. */
export const GraphBox = memo(function GraphBox({ data: { box, direction, heard, onToggle }, selected }: NodeProps<BoxNode>) {
  const look = lookOf(box.state)
  const Icon = iconOf(box)
  const StateIcon = look.icon
  const isSmall = box.kind === 'branch'
  const isFar = useStore(({ transform: [, , zoom] }) => zoom < FAR)
  if (isFar) return <FarBox box={box} direction={direction} isSelected={selected} />
  const isQuiet = box.state.state === 'pending' || box.state.state === 'skipped'
  return (
    <div
      className={classes(
        'relative flex h-full flex-col overflow-hidden rounded-xl border bg-raised px-3 py-2 text-left shadow-card transition-colors',
        selected ? 'border-accent ring-2 ring-accent' : 'border-line-strong/40 hover:border-line-strong',
        isQuiet && 'border-dashed',
        box.isAnswer && 'border-l-[3px] border-l-accent',
      )}
    >
      <Anchor type="target" side={direction === 'right' ? Position.Left : Position.Top} />
      <div className="flex min-w-0 items-center gap-1.5">
        <Icon aria-hidden size={isSmall ? 13 : 15} className={classes('shrink-0', look.text)} />
        <span className={classes('min-w-0 flex-1 truncate font-semibold', isSmall ? 'text-[0.78rem]' : 'text-[0.86rem]')}>
          <SafeText text={box.label} max={60} />
        </span>
        {box.wantsApproval && <ShieldCheck aria-label="a person has to approve it" size={13} className="shrink-0 text-warn" />}
        <span className={classes('inline-flex shrink-0 items-center gap-1 rounded-full px-1.5 py-px text-[0.7rem] font-medium', look.soft, look.text)}>
          <StateIcon aria-hidden size={11} className={look.spin ? 'motion-safe:animate-spin' : undefined} />
          {look.word}
        </span>
      </div>
      <p
        className={classes(
          'mt-1 text-[0.76rem] leading-snug text-muted [overflow-wrap:anywhere]',
          isSmall || box.branches.length > 0 ? 'line-clamp-1' : 'line-clamp-2',
        )}
      >
        <SafeText text={firstLine(box.state.state === 'running' && heard !== undefined ? heard : box.instruction)} max={120} />
      </p>
      {box.branches.length > 0 && <Branches box={box} onToggle={onToggle} />}
      <div className="mt-auto flex items-center gap-1.5 text-[0.7rem] text-faint tabular-nums">
        <span className="min-w-0 truncate">
          <SafeText text={box.agent} max={30} />
        </span>
        <Facts box={box} />
      </div>
      <Anchor type="source" side={direction === 'right' ? Position.Right : Position.Bottom} />
    </div>
  )
})

/** From further away than this its words cannot be read. */
const FAR = 0.42

/** A box seen from afar: its name and its state, as large as they fit. */
function FarBox({ box, direction, isSelected }: { box: GraphNode; direction: Direction; isSelected: boolean }) {
  const look = lookOf(box.state)
  const StateIcon = look.icon
  const isSmall = box.kind === 'branch'
  return (
    <div
      className={classes(
        'flex size-full flex-col items-center justify-center gap-1 rounded-xl border-2 px-2 text-center',
        look.soft,
        look.text,
        isSelected ? 'border-accent ring-8 ring-accent' : 'border-current/35',
      )}
    >
      <Anchor type="target" side={direction === 'right' ? Position.Left : Position.Top} />
      <StateIcon aria-hidden size={isSmall ? 26 : 34} className={look.spin ? 'motion-safe:animate-spin' : undefined} />
      <span className={classes('max-w-full truncate font-semibold', isSmall ? 'text-[1.15rem]' : 'text-[1.7rem]')}>
        <SafeText text={isSmall ? box.label.slice(box.label.lastIndexOf('.') + 1) : box.label} max={40} />
      </span>
      <Anchor type="source" side={direction === 'right' ? Position.Right : Position.Bottom} />
    </div>
  )
}

/** Where many branches stand side by side. */
export const GraphFrameBox = memo(function GraphFrameBox({ data: { of, count, direction } }: NodeProps<FrameNode>) {
  return (
    <div className="size-full rounded-2xl border border-dashed border-line-strong/60 bg-sunken/50 px-4 py-1.5 text-[0.8rem] text-muted">
      <Anchor side={direction === 'right' ? Position.Left : Position.Top} type="target" />
      <SafeText text={of} max={60} /> · {count} branches
      <Anchor side={direction === 'right' ? Position.Right : Position.Bottom} type="source" />
    </div>
  )
})

/** Where edges begin and end; nobody sees it. */
function Anchor({ side, type }: { side: Position; type: 'source' | 'target' }) {
  return <Handle type={type} position={side} isConnectable={false} className="!size-0 !min-h-0 !min-w-0 !border-0 !bg-transparent" />
}

function Facts({ box: { state } }: { box: GraphNode }) {
  return (
    <span className="ml-auto inline-flex shrink-0 items-center gap-1.5">
      {state.attempts > 1 && <span className="text-warn">try {state.attempts}</span>}
      {state.usage && state.usage.total_tokens > 0 && <span>{toCount(state.usage.total_tokens)} tok</span>}
      {state.started_at !== undefined && (
        <span className="font-medium text-muted">
          <Elapsed state={state} />
        </span>
      )}
    </span>
  )
}

const CELLS = 36

/** How a map's or vote's branches stand, as a strip of small cells; a click shows them one by one. */
function Branches({ box, onToggle }: { box: GraphNode; onToggle: (id: string) => void }) {
  const Chevron = box.isOpen ? ChevronDown : ChevronRight
  const done = box.branches.filter(({ state }) => state === 'completed' || state === 'skipped' || state === 'failed').length
  return (
    <button
      type="button"
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation()
        onToggle(box.id)
      }}
      className="nodrag nopan mt-1 flex min-h-[24px] w-full items-center gap-1.5 rounded-md px-1 text-[0.7rem] text-muted hover:bg-sunken"
      aria-label={`${done}/${box.branches.length} branches of ${box.label}: ${box.isOpen ? 'hide' : 'show'} them`}
    >
      <Chevron aria-hidden size={12} />
      <span aria-hidden className="flex min-w-0 flex-1 gap-px">
        {box.branches.slice(0, CELLS).map(({ id, state }) => (
          <span
            key={id}
            className="h-2 max-w-3 min-w-px flex-1 rounded-[2px]"
            style={{ background: lookOf({ state }).fill, opacity: state === 'pending' ? 0.35 : 1 }}
          />
        ))}
      </span>
      <span className="tabular-nums">
        {done}/{box.branches.length}
      </span>
    </button>
  )
}
