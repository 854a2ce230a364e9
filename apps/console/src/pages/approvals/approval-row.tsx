import type { Approval } from '@signalbox/contracts'
import { Link } from '@tanstack/react-router'
import { Check, Users } from 'lucide-react'
import { memo } from 'react'

import { currentArgs } from '../../api/approvals.ts'
import { toCanonicalText } from '../../json/canonical.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { classes } from '../../ui/classes.ts'
import { DeadlineLeft } from '../../ui/deadline.tsx'
import { Risk } from '../../ui/risk.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago } from '../../ui/time.tsx'
import { approvalsSoFar } from '../approval/quorum.ts'

export interface ApprovalRowProps {
  approval: Approval
  isOpen: boolean
  isHeld: boolean
  isGone: boolean
  /** Undefined where it cannot be selected. */
  isSelected: boolean | undefined
  onSelect: (id: string) => void
  onOpen: (id: string) => void
  onFocus: (id: string) => void
}

/** The id of the link in an approval's row, by which the focus finds it. */
export function toRowId(id: string): string {
  return `row-${id}`
}

/** An approval in the inbox. In a narrow list it is the title and what is pressing; in a wide one also what would run. */
export const ApprovalRow = memo(function ApprovalRow({ approval, isOpen, isHeld, isGone, isSelected, onSelect, onOpen, onFocus }: ApprovalRowProps) {
  const { id, action, agent, requested_by: requester, risk, state, goal, created_at: created, expires_at: expires, decided_at: decided, quorum } = approval
  const isOver = state !== 'pending' || isGone
  const given = approvalsSoFar(approval)
  return (
    <li
      className={classes(
        'group relative flex gap-3 border-b px-4 py-3 transition-colors duration-100 last:border-b-0 focus-within:bg-sunken/70 hover:bg-sunken/70',
        isOpen &&
          'bg-accent-soft/60 before:absolute before:inset-y-0 before:left-0 before:w-[3px] before:bg-accent hover:bg-accent-soft/60 focus-within:bg-accent-soft/60',
        isSelected && 'bg-accent-soft/40',
      )}
    >
      {isSelected === undefined ? (
        <span aria-hidden className="hidden w-4 shrink-0 @3xl:block" />
      ) : (
        <label className="absolute right-2.5 bottom-2 z-10 grid size-7 shrink-0 cursor-pointer place-items-center rounded @3xl:relative @3xl:inset-auto @3xl:-m-1.5 @3xl:self-start">
          <span className="sr-only">
            Select <SafeText text={action.title} max={80} />
          </span>
          <input type="checkbox" checked={isSelected} onChange={() => onSelect(id)} className="size-4 accent-accent" />
        </label>
      )}
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline justify-between gap-3">
          <Link
            id={toRowId(id)}
            to="/approvals/$id"
            params={{ id }}
            search={(search) => search}
            aria-current={isOpen ? 'true' : undefined}
            onClick={() => onOpen(id)}
            onFocus={() => onFocus(id)}
            className={classes(
              'line-clamp-3 min-w-0 text-[0.93rem] leading-snug break-words after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent',
              isOver ? 'text-muted' : 'font-semibold',
            )}
          >
            <SafeText text={action.title} max={140} />
          </Link>
          <span className="shrink-0">
            {isHeld ? (
              <span className="inline-flex items-center gap-1 text-xs font-medium text-good">
                <Check aria-hidden size={13} /> approving…
              </span>
            ) : state !== 'pending' ? (
              <StateBadge state={state} />
            ) : isGone ? (
              <StateBadge state="decided" />
            ) : (
              <DeadlineLeft from={created} until={expires} />
            )}
          </span>
        </div>
        <p className="mt-1 hidden truncate font-mono text-[0.78rem] text-muted @3xl:block">
          <span className="text-ink">
            <SafeText text={action.type} max={60} />
          </span>{' '}
          <SafeText text={toCanonicalText(currentArgs(approval))} max={220} />
        </p>
        <div className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.8rem] text-muted">
          <Risk level={risk.level} />
          <span className="min-w-0 truncate font-mono text-[0.76rem] @3xl:hidden">
            <SafeText text={action.type} max={40} />
          </span>
          <span className="hidden min-w-0 truncate @3xl:inline">
            <SafeText text={agent} max={40} /> for <SafeText text={requester} max={40} />
          </span>
          {quorum.required > 1 && (
            <span className="inline-flex items-center gap-1 tabular-nums" title="Approvals so far, and how many it takes">
              <Users aria-hidden size={13} /> {given} of {quorum.required}
              <span className="sr-only"> approvals</span>
            </span>
          )}
          {approval.edit && <span className="text-info">edited</span>}
          {approval.escalated && !isOver && <span className="font-medium text-warn">escalated</span>}
          <span className="hidden min-w-0 flex-1 truncate text-faint @3xl:inline">
            <SafeText text={goal} max={120} />
          </span>
          <span className={classes('ml-auto shrink-0 text-faint', !isOver && 'hidden @3xl:inline')}>
            <Ago at={decided ?? created} />
          </span>
        </div>
      </div>
    </li>
  )
})
