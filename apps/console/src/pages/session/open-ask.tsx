import type { Approval, AskView } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, ShieldAlert, Undo2 } from 'lucide-react'

import { currentArgs } from '../../api/approvals.ts'
import { approvalQuery } from '../../api/queries.ts'
import { approveSoon, grace, useHeld } from '../../decisions/decide.tsx'
import { JsonTree } from '../../json/json-tree.tsx'
import { RiskBadge } from '../../ui/badge.tsx'
import { Button, buttonClasses } from '../../ui/button.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Countdown } from '../../ui/time.tsx'
import { isGrave } from '../approval/is-grave.ts'
import { Strip } from './strip.tsx'

/**
 * Something a person has to approve. What is not grave can be approved right here, with what will run before
 * one's eyes; everything else is decided where all of it can be read.
 */
export function OpenAsk({ ask }: { ask: AskView }) {
  const { data } = useQuery(approvalQuery(ask.id))
  const held = useHeld().find(({ id }) => id === ask.id)
  const whyNot = data?.approval.state === 'pending' && !data.you.may_decide ? (data.you.why_not ?? 'This is not for you to decide.') : undefined
  const approval = data?.approval.state === 'pending' && data.you.may_decide && !isGrave(ask) ? data.approval : undefined
  return (
    <Strip tone="warn" icon={ShieldAlert} label={`Approval needed: ${ask.action.title}`}>
      <div className="min-w-0 flex-1 basis-72">
        <p className="font-medium [overflow-wrap:anywhere]">
          <SafeText text={ask.action.title} max={200} />
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-[0.82rem] text-muted">
          <RiskBadge level={ask.risk.level} />
          <span>
            asked by <SafeText text={ask.agent} max={40} /> for <SafeText text={ask.node} max={60} />
          </span>
          <span>
            · {ask.on_timeout === 'reject' ? 'rejected' : 'approved'} by itself in <Countdown until={ask.expires_at} />
          </span>
        </p>
        {whyNot !== undefined && <p className="mt-1 text-[0.82rem]">{whyNot}</p>}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        {held ? (
          <Button onClick={() => void grace.undo(ask.id)}>
            <Undo2 aria-hidden size={15} /> Undo the approval
          </Button>
        ) : (
          <>
            <Link to="/approvals/$id" params={{ id: ask.id }} className={buttonClasses(approval || whyNot !== undefined ? 'plain' : 'primary')}>
              {approval || whyNot !== undefined ? 'Open' : 'Review and decide'}
            </Link>
            {approval?.allowed.includes('approve') && (
              <Button look="primary" onClick={() => approveSoon(approval)}>
                <Check aria-hidden size={15} /> Approve
              </Button>
            )}
          </>
        )}
      </div>
      {approval && <WhatRuns approval={approval} />}
    </Strip>
  )
}

function WhatRuns({ approval }: { approval: Approval }) {
  return (
    <div className="max-h-64 basis-full overflow-auto rounded-lg bg-surface/80 px-3 py-2" tabIndex={0} role="region" aria-label="What will run">
      <p className="mb-1 text-[0.78rem] font-semibold tracking-wide text-faint uppercase">
        Runs{' '}
        <span className="font-mono normal-case">
          <SafeText text={approval.action.tool ?? approval.action.type} max={120} />
        </span>{' '}
        with
      </p>
      <JsonTree value={currentArgs(approval)} label="Arguments" />
    </div>
  )
}
