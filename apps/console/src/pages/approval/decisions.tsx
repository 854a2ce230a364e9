import type { Approval } from '@signalbox/contracts'
import { CheckCircle2, Hourglass, PenLine, XCircle } from 'lucide-react'

import { tellVia } from '../../decisions/tell-decision.ts'
import { classes } from '../../ui/classes.ts'
import { Card, Part } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago } from '../../ui/time.tsx'
import { approvalsSoFar, tellEligible } from './quorum.ts'

const LOOKS = {
  approve: { icon: CheckCircle2, word: 'approved', tone: 'text-good' },
  edit: { icon: PenLine, word: 'edited and approved', tone: 'text-info' },
  reject: { icon: XCircle, word: 'rejected', tone: 'text-bad' },
} as const

/** Who may decide, how many it takes, and who has. */
export function Decisions({ approval }: { approval: Approval }) {
  const { quorum, decisions, state, escalated, escalates_at: escalatesAt, escalates_to: escalatesTo, on_timeout: onTimeout, requested_by: requester } = approval
  const given = approvalsSoFar(approval)
  return (
    <Card label="Who decides">
      <Part
        title="Who decides"
        aside={
          <span className="text-[0.82rem] text-muted tabular-nums">
            {given} of {quorum.required} {quorum.required === 1 ? 'approval' : 'approvals'}
          </span>
        }
      >
        <p className="text-sm text-muted">
          {tellEligible(quorum.eligible).replace(/^./, (first) => first.toUpperCase())}
          {quorum.exclude_requester && <>, but not {<SafeText text={requester} max={60} />}, whose request it is</>}.
          {escalatesTo.length > 0 && escalatesAt !== null && (
            <>
              {' '}
              {escalated
                ? 'Since it was escalated'
                : `From ${new Date(escalatesAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })} on`}{' '}
              also {tellEligible(escalatesTo)}.
            </>
          )}{' '}
          {state === 'pending' &&
            (onTimeout === 'approve' ? 'Where nobody decides in time it is approved by policy.' : 'Where nobody decides in time it is rejected.')}
        </p>
        {decisions.length > 0 ? (
          <ol className="mt-3 grid gap-2.5">
            {decisions.map(({ by, via, decision, reason, at, superseded }) => {
              const { icon: Icon, word, tone } = LOOKS[decision]
              return (
                <li key={`${by.id} ${at}`} className={classes('flex gap-2.5 text-sm', superseded && 'text-muted')}>
                  <Icon aria-hidden size={17} className={classes('mt-0.5 shrink-0', superseded ? 'text-faint' : tone)} />
                  <div className="min-w-0">
                    <p>
                      <span className={superseded ? undefined : 'font-medium'}>
                        <SafeText text={by.name} max={80} />
                      </span>{' '}
                      {word} {tellVia(via)},{' '}
                      <span className="text-muted">
                        <Ago at={at} />
                      </span>
                      {superseded && <span className="text-muted"> · set aside by a later edit</span>}
                    </p>
                    {reason !== null && reason !== '' && (
                      <p className="mt-0.5 break-words whitespace-pre-wrap text-muted">
                        “<SafeText text={reason} />”
                      </p>
                    )}
                  </div>
                </li>
              )
            })}
          </ol>
        ) : (
          state === 'pending' && (
            <p className="mt-2.5 flex items-center gap-2 text-sm text-faint">
              <Hourglass aria-hidden size={15} /> Nobody has decided yet.
            </p>
          )
        )}
      </Part>
    </Card>
  )
}
